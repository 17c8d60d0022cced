import { trimEndOf, trimOf } from "../../core/trim.ts";
import { totalTokens } from "../../core/usage/usage.ts";
import type { BreakdownModel } from "./breakdown.ts";
import type { BreakdownChild } from "./breakdownChildren.ts";
import type { BreakdownPoint } from "./breakdownPoints.ts";
import { UNTITLED } from "../text/format.ts";
import { isoTime } from "./breakdownTables.ts";
import { figuresJSON } from "../text/figuresJSON.ts";

/** Name of the JSON export's schema; the number increases with breaking changes. */
export const BREAKDOWN_SCHEMA = "opencode-sessions.breakdown/1";

/**
 * A breakdown as JSON for programs: tokens in OpenCode's own shape, exact figures, `null` if unknown. An
 * unpriced cost is `null`, never 0.
 */
export function breakdownJSON(model: BreakdownModel): string {
  const value = {
    schema: BREAKDOWN_SCHEMA,
    exported: isoTime(model.nowMs),
    session: {
      id: model.ref.sessionID,
      server: model.ref.serverID,
      title: model.serverTitle,
      directory: model.directory,
      agent: model.agent ?? null,
      model: model.model ?? null,
      state: model.stateKind,
      parentID: model.parent?.sessionID ?? null,
      created: isoTime(model.createdMs),
      updated: isoTime(model.updatedMs),
    },
    isFresh: model.freshness.kind === "live",
    own: { ...figuresJSON(model.own.usage), isEstimate: model.own.isEstimate },
    tree: {
      ...figuresJSON(model.tree.usage),
      isEstimate: model.tree.isEstimate,
      descendants: model.tree.descendants,
    },
    context:
      model.context === undefined
        ? null
        : {
            tokens: model.context.contextTokens,
            limit: model.context.contextLimit ?? null,
            percent: model.context.percent ?? null,
            isEstimate: model.context.isEstimate,
          },
    messagesComplete: model.loading.isComplete,
    messagesSum: figuresJSON(model.sum),
    messages: model.points.map(pointJSON),
    compactions: model.compactions.map((mark) => ({
      messageID: mark.messageID,
      created: isoTime(mark.createdMs),
      isAuto: mark.isAuto,
      contextBefore: mark.beforeTokens ?? null,
      contextAfter: mark.afterTokens ?? null,
    })),
    children: model.children.map(childJSON),
    childrenLeftOut: model.hiddenChildren,
  };
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function pointJSON(point: BreakdownPoint): object {
  return {
    id: point.messageID,
    created: isoTime(point.createdMs),
    durationMs: point.durationMs ?? null,
    agent: point.agent ?? null,
    model: point.model ?? null,
    tokens: { ...point.tokens, total: totalTokens(point.tokens) },
    costUSD: point.costState === "unpriced" || point.isLive ? null : point.costUSD,
    costState: point.isLive ? "pending" : point.costState,
    contextTokens: point.contextTokens ?? null,
    contextLimit: point.contextLimit ?? null,
    isSummary: point.isSummary,
    isEstimate: point.isLive,
    error: point.error ?? null,
  };
}

function childJSON(child: BreakdownChild): object {
  return {
    id: child.sessionID,
    depth: child.depth,
    title: child.serverTitle,
    agent: child.agent ?? null,
    state: child.stateKind,
    own: figuresJSON(child.own),
    tree: { ...figuresJSON(child.tree), isEstimate: child.isEstimate },
    contextTokens: child.contextTokens ?? null,
    updated: isoTime(child.updatedMs),
  };
}

/** A file name for an export of this session, without an extension, valid on every file system. */
export function exportName(model: BreakdownModel, suffix: string): string {
  const title = model.title === UNTITLED ? model.ref.sessionID : model.title;
  const words = trimOf(title.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-"), "-");
  const safe = trimEndOf(words.slice(0, 48), "-");
  return `${safe === "" ? "session" : safe}-${suffix}`;
}
