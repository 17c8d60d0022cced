import { t } from "../../core/language.ts";
import { shownCurrency } from "../../core/usage/currency.ts";
import { totalTokens, type Usage } from "../../core/usage/usage.ts";
import type { Cell, Column, Row, Table } from "../cards/card.ts";
import {
  costCells,
  count,
  exact,
  figures,
  KIND_COLUMNS,
  kindCells,
  onlyInFile,
  text,
  words,
} from "../cards/table.ts";
import {
  formatCount,
  formatDateTime,
  formatDuration,
  formatPercent,
  formatRelativeTime,
  formatTimeOfDay,
  formatTokens,
  UNKNOWN,
} from "../text/format.ts";
import { formatCost, shownMoney } from "../text/money.ts";
import type { BreakdownModel } from "./breakdown.ts";
import type { BreakdownChild } from "./breakdownChildren.ts";
import type { BreakdownPoint, CompactionMark } from "./breakdownPoints.ts";

export type BreakdownTableID = "messages" | "children";

/** A table of a breakdown, on the page and as a file. */
export function breakdownTable(
  model: BreakdownModel,
  id: BreakdownTableID,
  nowMs = model.nowMs,
): Table {
  return id === "messages" ? messagesTable(model) : childrenTable(model, nowMs);
}

export type MessageOrder = "newest" | "oldest" | "tokens" | "cost";

/** Indexes of the messages in display order; 0 is the oldest. */
export function messageOrder(
  points: readonly BreakdownPoint[],
  order: MessageOrder,
): readonly number[] {
  const places = [...points.keys()];
  const by = (figure: (point: BreakdownPoint) => number): readonly number[] => {
    const amounts = points.map(figure);
    return places.sort((a, b) => (amounts[b] ?? 0) - (amounts[a] ?? 0));
  };
  switch (order) {
    case "oldest":
      return places;
    case "newest":
      return places.reverse();
    case "tokens":
      return by(({ tokens }) => totalTokens(tokens));
    case "cost":
      return by(({ costUSD }) => costUSD);
  }
}

const MESSAGE_COLUMNS: readonly Column[] = [
  { ...figures("#", "number"), grow: 0.3 },
  ...onlyInFile("message_id"),
  { ...words(t("Time"), "created"), grow: 0.5 },
  ...onlyInFile("duration_ms"),
  { ...words(t("Agent"), "agent", 14), grow: 0.8 },
  ...onlyInFile("model"),
  ...KIND_COLUMNS,
  figures(t("Total"), "total"),
  { ...figures(t("Cost"), "cost_usd"), grow: 0.8 },
  ...onlyInFile("cost_state"),
  figures(t("Context"), "context_tokens", t("Tokens in the context after the message")),
  ...onlyInFile("context_limit"),
  { ...figures(t("Duration")), grow: 0.8 },
  { ...words(t("Model"), undefined, 18), grow: 1.4 },
  { ...words(t("Note"), undefined, 36), grow: 2 },
  ...onlyInFile("is_compaction", "is_estimate", "error"),
];

/** The answers with all figures and exact sums on top; oldest first unless `places` selects and orders them. */
export function messagesTable(
  { points, compactions, sum }: BreakdownModel,
  places: readonly number[] = [...points.keys()],
): Table {
  const marks = new Map(compactions.map((mark) => [mark.messageID, mark]));
  const mark = points.some(({ isLive }) => isLive) ? "~" : "";
  const none = (howMany: number): readonly Cell[] =>
    Array.from({ length: howMany }, () => text(""));
  return {
    title: t("Messages with tokens and cost"),
    columns: MESSAGE_COLUMNS,
    rows: places.flatMap((at) => {
      const point = points[at];
      return point === undefined ? [] : [messageRow(point, at + 1, marks.get(point.messageID))];
    }),
    sum: {
      cells: [
        ...none(2),
        text(t("All")),
        ...none(3),
        ...kindCells(sum),
        count(totalTokens(sum.tokens), mark),
        text(formatCost(sum)),
      ],
    },
  };
}

function messageRow(
  point: BreakdownPoint,
  number: number,
  compaction: CompactionMark | undefined,
): Row {
  const { isLive, costUSD, costState, contextTokens, contextLimit, durationMs, error } = point;
  const mark = isLive ? "~" : "";
  const note = noteOf(point, compaction);
  const [provider = "", ...model] = (point.model ?? "").split("/");
  return {
    tone: isLive ? "live" : error === undefined ? undefined : "failed",
    cells: [
      { ...count(number), tone: "quiet" },
      exact(point.messageID),
      {
        text: formatTimeOfDay(point.createdMs),
        hint: formatDateTime(point.createdMs),
        value: isoTime(point.createdMs),
      },
      exact(durationMs),
      text(point.agent ?? UNKNOWN),
      exact(point.model),
      ...kindCells(point, mark),
      { ...count(totalTokens(point.tokens), mark), tone: "strong" },
      {
        text: isLive ? UNKNOWN : shownMoney(costUSD, costState),
        value: costState === "unpriced" || isLive ? undefined : costUSD,
      },
      exact(isLive ? "pending" : costState),
      {
        ...contextCell(
          contextTokens,
          contextTokens === undefined || contextLimit === undefined
            ? undefined
            : (contextTokens / contextLimit) * 100,
        ),
        hint: contextTokens === undefined ? undefined : t`${formatCount(contextTokens)} tokens`,
      },
      exact(contextLimit),
      text(durationMs === undefined ? UNKNOWN : formatDuration(durationMs)),
      {
        text: model.length > 0 ? model.join("/") : provider === "" ? UNKNOWN : provider,
        hint: point.model,
      },
      { text: note, hint: note, tone: "quiet" },
      exact(compaction !== undefined),
      exact(isLive),
      exact(error),
    ],
  };
}

function noteOf(point: BreakdownPoint, mark: CompactionMark | undefined): string {
  const notes: string[] = [];
  if (point.isLive) notes.push(t("Running"));
  if (mark !== undefined) {
    const { beforeTokens, afterTokens } = mark;
    const change =
      beforeTokens === undefined || afterTokens === undefined
        ? ""
        : `: ${formatTokens(beforeTokens)} → ${formatTokens(afterTokens)}`;
    notes.push(`${mark.isAuto ? t("Auto-compacted") : t("Compacted")}${change}`);
  }
  if (point.error !== undefined) notes.push(t`Failed: ${point.error}`);
  return notes.join(" · ");
}

const WITH_SUB_SESSIONS = t("With its own sub-sessions");

const CHILD_COLUMNS: readonly Column[] = [
  ...onlyInFile("session_id", "depth"),
  { ...words(t("Session"), "title", 36), grow: 4 },
  words(t("State"), undefined, 22),
  words(t("Agent"), "agent", 14),
  ...onlyInFile("state"),
  ...usageColumns("own", t("Own")),
  ...usageColumns("tree", t("Tree"), WITH_SUB_SESSIONS),
  figures(t("Context"), "context_tokens"),
  ...onlyInFile("is_estimate"),
  { ...figures(t("Updated"), "updated"), grow: 0.6 },
];

function usageColumns(prefix: string, title: string, hint?: string): readonly Column[] {
  return [
    ...onlyInFile(...KIND_COLUMNS.map(({ csv }) => `${prefix}_${csv ?? ""}`)),
    { ...figures(t`${title} tokens`, `${prefix}_total`, hint), grow: 0.8 },
    { ...figures(t`${title} cost`, `${prefix}_cost_usd`, hint), grow: 0.8 },
    ...onlyInFile(`${prefix}_cost_state`),
  ];
}

function usageCells(usage: Usage, isEstimate: boolean): readonly Cell[] {
  const total = totalTokens(usage.tokens);
  return [
    ...kindCells(usage),
    {
      text: `${isEstimate ? "~" : ""}${formatTokens(total)}`,
      value: total,
      hint: t`${formatCount(total)} tokens`,
    },
    ...costCells(usage, shownCurrency()).slice(0, 2),
  ];
}

function contextCell(tokens: number | undefined, percent: number | undefined): Cell {
  if (tokens === undefined) return { text: UNKNOWN };
  const share = percent === undefined ? "" : ` · ${formatPercent(percent)}`;
  return { text: `${formatTokens(tokens)}${share}`, value: tokens };
}

/** The sub-sessions, each after its parent, with own and tree figures; the session itself is on top. */
export function childrenTable(model: BreakdownModel, nowMs: number): Table {
  const { own, tree, agent, context, children } = model;
  return {
    title: t("Sub-sessions with tokens and cost"),
    columns: CHILD_COLUMNS,
    rows: children.map((child) => childRow(child, nowMs)),
    sum: {
      cells: [
        exact(undefined),
        exact(undefined),
        text(t("This session")),
        text(model.stateLabel),
        text(agent ?? UNKNOWN),
        exact(undefined),
        ...usageCells(own.usage, own.isEstimate),
        ...usageCells(tree.usage, tree.isEstimate),
        contextCell(context?.contextTokens, context?.percent),
      ],
    },
  };
}

function childRow(child: BreakdownChild, nowMs: number): Row {
  const isRunning = !["idle", "unknown", "unavailable"].includes(child.stateKind);
  return {
    cells: [
      exact(child.sessionID),
      exact(child.depth),
      {
        text: child.title,
        value: child.serverTitle,
        hint: child.title,
        depth: child.depth - 1,
        ask: { type: "openSession", sessionID: child.sessionID },
      },
      { text: child.stateLabel, tone: isRunning ? "strong" : "quiet" },
      { ...text(child.agent ?? UNKNOWN), value: child.agent },
      exact(child.stateKind),
      ...usageCells(child.own, false),
      ...usageCells(child.tree, child.isEstimate),
      contextCell(child.contextTokens, child.contextPercent),
      exact(child.isEstimate),
      {
        text: formatRelativeTime(child.updatedMs, nowMs),
        value: isoTime(child.updatedMs),
        tone: "quiet",
      },
    ],
  };
}

/** ISO 8601 in UTC; empty for an invalid time. */
export function isoTime(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString();
}
