import { totalTokens, type Usage } from "../../src/core/usage.ts";
import type { BreakdownChoices } from "../../src/protocol/breakdown.ts";
import type { BreakdownModel } from "../../src/viewModels/breakdown.ts";
import type { BreakdownPoint, CompactionMark } from "../../src/viewModels/breakdownPoints.ts";
import {
  formatCost,
  formatCount,
  formatDateTime,
  formatDuration,
  formatPercent,
  formatTimeOfDay,
  formatTokens,
  formatUSD,
  UNKNOWN,
} from "../../src/viewModels/format.ts";
import { byKind, kindLabel, TOKEN_KINDS } from "../../src/viewModels/tokenKinds.ts";
import { element, setShown, setText } from "../dom.ts";
import {
  createButton,
  createDropdown,
  createGrid,
  type GridCell,
  type GridColumn,
  type GridRow,
} from "../toolkit.ts";

export type MessageOrder = BreakdownChoices["order"];

export interface MessagesTable {
  readonly element: HTMLElement;
  draw(model: BreakdownModel, order: MessageOrder, page: number): void;
}

/** Rows on one page: what a grid takes without a pause. */
export const PAGE_SIZE = 50;

const COLUMNS: readonly GridColumn[] = [
  { title: "#", grow: 0.3, align: "end" },
  { title: "Time", grow: 0.5, align: "start" },
  { title: "Agent", grow: 0.8, align: "start", maxChars: 14 },
  ...TOKEN_KINDS.map((kind): GridColumn => ({ title: kindLabel(kind), grow: 1, align: "end" })),
  { title: "Total", grow: 1, align: "end" },
  { title: "Cost", grow: 0.8, align: "end" },
  { title: "Context", hint: "Tokens in the context after the message", grow: 1, align: "end" },
  { title: "Duration", grow: 0.8, align: "end" },
  { title: "Model", grow: 1.4, align: "start", maxChars: 18 },
  { title: "Note", grow: 2, align: "start", maxChars: 36 },
];

const ORDERS: readonly { readonly value: MessageOrder; readonly label: string }[] = [
  { value: "newest", label: "Newest first" },
  { value: "oldest", label: "Oldest first" },
  { value: "tokens", label: "Most tokens" },
  { value: "cost", label: "Highest cost" },
];

/** The messages with all their figures, a page at a time, with exact sums on top. */
export function createMessagesTable(
  onOrder: (order: MessageOrder) => void,
  onPage: (page: number) => void,
): MessagesTable {
  const order = createDropdown("Order of messages", ORDERS, (value) => {
    const found = ORDERS.find((option) => option.value === value);
    if (found !== undefined) onOrder(found.value);
  });
  let page = 0;
  const back = createButton({
    label: "Previous",
    hint: "Previous page of messages",
    onClick: () => {
      onPage(page - 1);
    },
  });
  const forth = createButton({
    label: "Next",
    hint: "Next page of messages",
    onClick: () => {
      onPage(page + 1);
    },
  });
  const place = element("span", { class: "page-place", role: "status" });
  const pager = element("div", { class: "pager" }, back.element, place, forth.element);
  const grid = createGrid("Messages with tokens and cost", COLUMNS);
  const empty = element("p", { class: "empty" }, "No answers yet");
  return {
    element: element(
      "div",
      { class: "table-view" },
      element(
        "div",
        { class: "toolbar" },
        order.element,
        element("span", { class: "spacer" }),
        pager,
      ),
      element("div", { class: "grid-scroll" }, grid.element),
      empty,
    ),
    draw: (model, orderBy, wantedPage) => {
      const { points } = model;
      const pages = Math.max(1, Math.ceil(points.length / PAGE_SIZE));
      page = Math.min(wantedPage, pages - 1);
      order.setValue(orderBy);
      const first = page * PAGE_SIZE;
      const shown = ordered(points, orderBy).slice(first, first + PAGE_SIZE);
      setText(
        place,
        `${formatCount(first + 1)}–${formatCount(first + shown.length)} of ${formatCount(points.length)}`,
      );
      back.setRefusal(page === 0 ? "This is the first page" : undefined);
      forth.setRefusal(page >= pages - 1 ? "This is the last page" : undefined);
      setShown(pager, pages > 1);
      setShown(empty, points.length === 0);
      setShown(grid.element, points.length > 0);
      const marks = new Map(model.compactions.map((mark) => [mark.messageID, mark]));
      const rows = shown.map(({ point, number }) => messageRow(point, number, marks));
      grid.setRows([sumRow(model), ...rows], points.length + 1, first);
    },
  };
}

interface NumberedPoint {
  readonly point: BreakdownPoint;
  readonly number: number;
}

/** Points in the order asked for, each with its place in the session. */
function ordered(points: readonly BreakdownPoint[], order: MessageOrder): NumberedPoint[] {
  const numbered = points.map((point, index) => ({ point, number: index + 1 }));
  switch (order) {
    case "oldest":
      return numbered;
    case "newest":
      return numbered.reverse();
    case "tokens":
      return numbered.sort((a, b) => totalTokens(b.point.tokens) - totalTokens(a.point.tokens));
    case "cost":
      return numbered.sort((a, b) => b.point.costUSD - a.point.costUSD);
  }
}

function kindCells(tokens: Usage["tokens"], mark = ""): GridCell[] {
  const figures = byKind(tokens);
  return TOKEN_KINDS.map((kind) => ({
    text: figures[kind] === 0 ? "0" : `${mark}${formatCount(figures[kind])}`,
    className: figures[kind] === 0 ? "is-zero" : undefined,
  }));
}

function sumRow({ sum, points }: BreakdownModel): GridRow {
  const mark = points.some((point) => point.isLive) ? "~" : "";
  return {
    isSum: true,
    cells: [
      { text: "" },
      { text: "All" },
      { text: "" },
      ...kindCells(sum.tokens),
      { text: `${mark}${formatCount(totalTokens(sum.tokens))}` },
      { text: formatCost(sum) },
      { text: "" },
      { text: "" },
      { text: "" },
    ],
  };
}

function messageRow(
  point: BreakdownPoint,
  number: number,
  marks: ReadonlyMap<string, CompactionMark>,
): GridRow {
  const mark = point.isLive ? "~" : "";
  const note = noteOf(point, marks.get(point.messageID));
  const [provider = "", ...model] = (point.model ?? "").split("/");
  return {
    className: point.isLive ? "is-live" : point.error === undefined ? undefined : "is-failed",
    cells: [
      { text: formatCount(number), className: "is-quiet" },
      { text: formatTimeOfDay(point.createdMs), hint: formatDateTime(point.createdMs) },
      { text: point.agent ?? UNKNOWN },
      ...kindCells(point.tokens, mark),
      { text: `${mark}${formatCount(totalTokens(point.tokens))}`, className: "is-strong" },
      { text: point.isLive ? UNKNOWN : formatUSD(point.costUSD, point.costState) },
      contextCell(point),
      { text: point.durationMs === undefined ? UNKNOWN : formatDuration(point.durationMs) },
      {
        text: model.length > 0 ? model.join("/") : provider || UNKNOWN,
        hint: point.model,
        className: "is-cut",
      },
      { text: note, hint: note === "" ? undefined : note, className: "is-cut is-quiet" },
    ],
  };
}

function contextCell({ contextTokens, contextLimit }: BreakdownPoint): GridCell {
  if (contextTokens === undefined) return { text: UNKNOWN };
  const percent = contextLimit === undefined ? undefined : (contextTokens / contextLimit) * 100;
  return {
    text:
      percent === undefined
        ? formatTokens(contextTokens)
        : `${formatTokens(contextTokens)} · ${formatPercent(percent)}`,
    hint: `${formatCount(contextTokens)} tokens`,
  };
}

function noteOf(point: BreakdownPoint, mark: CompactionMark | undefined): string {
  const notes: string[] = [];
  if (point.isLive) notes.push("At work");
  if (mark !== undefined) {
    const { beforeTokens, afterTokens } = mark;
    const change =
      beforeTokens === undefined || afterTokens === undefined
        ? ""
        : `: ${formatTokens(beforeTokens)} → ${formatTokens(afterTokens)}`;
    notes.push(`${mark.isAuto ? "Auto-compacted" : "Compacted"}${change}`);
  }
  if (point.error !== undefined) notes.push(`Failed: ${point.error}`);
  return notes.join(" · ");
}
