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
  { title: "Session", minPx: 220, grow: 3, align: "start" },
  { title: "State", minPx: 90, grow: 1, align: "start" },
  { title: "Agent", minPx: 76, grow: 0.8, align: "start" },
  { title: "Own tokens", minPx: 86, grow: 0.8, align: "end" },
  { title: "Own cost", minPx: 80, grow: 0.8, align: "end" },
  {
    title: "Tree tokens",
    hint: "With its own sub-sessions",
    minPx: 92,
    grow: 0.8,
    align: "end",
  },
  {
    title: "Tree cost",
    hint: "With its own sub-sessions",
    minPx: 84,
    grow: 0.8,
    align: "end",
  },
  { title: "Context", minPx: 100, grow: 0.9, align: "end" },
  { title: "Updated", minPx: 70, grow: 0.6, align: "end" },
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
    className: "sum-row",
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
