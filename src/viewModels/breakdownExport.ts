import { costState, totalTokens, totalUSD, type Usage } from "../core/usage.ts";
import type { BreakdownModel } from "./breakdown.ts";
import type { BreakdownChild } from "./breakdownChildren.ts";
import type { BreakdownPoint } from "./breakdownPoints.ts";
import { type CsvCell, csvText } from "./csv.ts";
import { UNTITLED } from "./format.ts";
import { byKind, TOKEN_KINDS } from "./tokenKinds.ts";
import { figuresJSON } from "./figuresJSON.ts";

const KIND_COLUMNS = ["input", "output", "reasoning", "cache_read", "cache_write"] as const;

const MESSAGE_COLUMNS = [
  "number",
  "message_id",
  "created",
  "duration_ms",
  "agent",
  "model",
  ...KIND_COLUMNS,
  "total",
  "cost_usd",
  "cost_state",
  "context_tokens",
  "context_limit",
  "is_compaction",
  "is_estimate",
  "error",
] as const;

/** The messages of a breakdown as CSV, one row an assistant message, oldest first, exact figures. */
export function messagesCSV(model: BreakdownModel): string {
  const compacted = new Set(model.compactions.map((mark) => mark.messageID));
  const rows = model.points.map((point, index): readonly CsvCell[] => [
    index + 1,
    point.messageID,
    isoTime(point.createdMs),
    point.durationMs,
    point.agent,
    point.model,
    ...kindCells(point.tokens),
    totalTokens(point.tokens),
    point.costState === "unpriced" || point.isLive ? undefined : point.costUSD,
    point.isLive ? "pending" : point.costState,
    point.contextTokens,
    point.contextLimit,
    compacted.has(point.messageID),
    point.isLive,
    point.error,
  ]);
  return csvText([MESSAGE_COLUMNS, ...rows]);
}

const CHILD_COLUMNS = [
  "session_id",
  "depth",
  "title",
  "agent",
  "state",
  ...KIND_COLUMNS.map((kind) => `own_${kind}`),
  "own_total",
  "own_cost_usd",
  "own_cost_state",
  ...KIND_COLUMNS.map((kind) => `tree_${kind}`),
  "tree_total",
  "tree_cost_usd",
  "tree_cost_state",
  "context_tokens",
  "is_estimate",
  "updated",
];

/** The descendants of a breakdown as CSV, one row a session, each after its parent, exact figures. */
export function childrenCSV(model: BreakdownModel): string {
  const rows = model.children.map((child): readonly CsvCell[] => [
    child.sessionID,
    child.depth,
    child.title,
    child.agent,
    child.stateKind,
    ...usageCells(child.own),
    ...usageCells(child.tree),
    child.contextTokens,
    child.isEstimate,
    isoTime(child.updatedMs),
  ]);
  return csvText([CHILD_COLUMNS, ...rows]);
}

function usageCells(usage: Usage): CsvCell[] {
  const state = costState(usage);
  return [
    ...kindCells(usage.tokens),
    totalTokens(usage.tokens),
    state === "unpriced" ? undefined : totalUSD(usage),
    state,
  ];
}

function kindCells(tokens: Usage["tokens"]): number[] {
  const figures = byKind(tokens);
  return TOKEN_KINDS.map((kind) => figures[kind]);
}

/** Name of the JSON export's shape; the number rises when a reader of the old one would break. */
export const BREAKDOWN_SCHEMA = "opencode-sessions.breakdown/1";

/**
 * A breakdown as JSON for programs: tokens in OpenCode's own shape, exact figures, `null` for what is not
 * known. An unpriced cost is `null`, never 0.
 */
export function breakdownJSON(model: BreakdownModel): string {
  const value = {
    schema: BREAKDOWN_SCHEMA,
    exported: isoTime(model.nowMs),
    session: {
      id: model.ref.sessionID,
      server: model.ref.serverID,
      title: model.title,
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
    title: child.title,
    agent: child.agent ?? null,
    state: child.stateKind,
    own: figuresJSON(child.own),
    tree: { ...figuresJSON(child.tree), isEstimate: child.isEstimate },
    contextTokens: child.contextTokens ?? null,
    updated: isoTime(child.updatedMs),
  };
}

/** ISO 8601 in UTC; empty for a time that is none. */
function isoTime(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString();
}

/** A file name for an export of this session, without an extension, fit for every file system. */
export function exportName(model: BreakdownModel, suffix: string): string {
  const title = model.title === UNTITLED ? model.ref.sessionID : model.title;
  const safe = title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 48)
    .replace(/-+$/, "");
  return `${safe === "" ? "session" : safe}-${suffix}`;
}
