import { totalTokens } from "../../src/core/usage.ts";
import type { BreakdownModel } from "../../src/viewModels/breakdown.ts";
import type { BreakdownChild } from "../../src/viewModels/breakdownChildren.ts";
import {
  formatCost,
  formatCount,
  formatPercent,
  formatRelativeTime,
  formatTokens,
  UNKNOWN,
} from "../../src/viewModels/format.ts";
import { element, setShown } from "../dom.ts";
import { createGrid, type GridCell, type GridColumn, type GridRow } from "../toolkit.ts";

export interface ChildrenTable {
  readonly element: HTMLElement;
  draw(model: BreakdownModel, nowMs: number): void;
}

const COLUMNS: readonly GridColumn[] = [
  { title: "Session", grow: 4, align: "start", maxChars: 36 },
  { title: "State", grow: 1, align: "start", maxChars: 22 },
  { title: "Agent", grow: 1, align: "start", maxChars: 14 },
  { title: "Own tokens", grow: 0.8, align: "end" },
  { title: "Own cost", grow: 0.8, align: "end" },
  { title: "Tree tokens", hint: "With its own sub-sessions", grow: 0.8, align: "end" },
  { title: "Tree cost", hint: "With its own sub-sessions", grow: 0.8, align: "end" },
  { title: "Context", grow: 1, align: "end" },
  { title: "Updated", grow: 0.6, align: "end" },
];

/** The sub-sessions with own and tree figures; a title opens that session's breakdown. */
export function createChildrenTable(onOpen: (sessionID: string) => void): ChildrenTable {
  const grid = createGrid("Sub-sessions with tokens and cost", COLUMNS);
  const empty = element("p", { class: "empty" }, "This session has started no sub-sessions");
  return {
    element: element(
      "div",
      { class: "table-view" },
      element("div", { class: "grid-scroll" }, grid.element),
      empty,
    ),
    draw: (model, nowMs) => {
      const hasChildren = model.children.length > 0;
      setShown(grid.element, hasChildren);
      setShown(empty, !hasChildren);
      const rows = model.children.map((child) => childRow(child, nowMs, onOpen));
      grid.setRows(hasChildren ? [ownRow(model), ...rows] : []);
    },
  };
}

/** On top: the session itself, so that the tree's sum is seen to add up. */
function ownRow({ own, tree, agent, stateLabel, context }: BreakdownModel): GridRow {
  return {
    isSum: true,
    cells: [
      { text: "This session" },
      { text: stateLabel },
      { text: agent ?? UNKNOWN },
      tokensCell(own.usage.tokens, own.isEstimate),
      { text: formatCost(own.usage) },
      tokensCell(tree.usage.tokens, tree.isEstimate),
      { text: formatCost(tree.usage) },
      { text: contextText(context?.contextTokens, context?.percent) },
      { text: "" },
    ],
  };
}

function childRow(
  child: BreakdownChild,
  nowMs: number,
  onOpen: (sessionID: string) => void,
): GridRow {
  const isAtWork = child.stateKind !== "idle" && child.stateKind !== "unavailable";
  return {
    cells: [
      {
        text: child.title,
        hint: child.title,
        depth: child.depth - 1,
        className: "is-cut",
        onClick: () => {
          onOpen(child.sessionID);
        },
      },
      { text: child.stateLabel, className: isAtWork ? "is-strong" : "is-quiet" },
      { text: child.agent ?? UNKNOWN },
      tokensCell(child.own.tokens, false),
      { text: formatCost(child.own) },
      tokensCell(child.tree.tokens, child.isEstimate),
      { text: formatCost(child.tree) },
      { text: contextText(child.contextTokens, child.contextPercent) },
      { text: formatRelativeTime(child.updatedMs, nowMs), className: "is-quiet" },
    ],
  };
}

function tokensCell(tokens: BreakdownChild["own"]["tokens"], isEstimate: boolean): GridCell {
  const total = totalTokens(tokens);
  return {
    text: `${isEstimate ? "~" : ""}${formatTokens(total)}`,
    hint: `${formatCount(total)} tokens`,
  };
}

function contextText(tokens: number | undefined, percent: number | undefined): string {
  if (tokens === undefined) return UNKNOWN;
  return percent === undefined
    ? formatTokens(tokens)
    : `${formatTokens(tokens)} · ${formatPercent(percent)}`;
}
