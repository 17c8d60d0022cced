import { parseSessionKey } from "../../src/core/state/session.ts";
import type { State } from "../../src/core/state/state.ts";
import { type SessionRow, sessionRow } from "../../src/viewModels/tree/sessionRow.ts";
import {
  childElements,
  treeShape,
  type TreeOptions,
} from "../../src/viewModels/tree/sessionTree.ts";

/** The tree without any filter. */
export const EVERYTHING: TreeOptions = {
  scope: "all",
  folders: [],
  sort: "recent",
  filter: "",
  includesArchived: true,
  pinned: new Set<string>(),
};

/**
 * Makes rows as a view that draws them does; returns the number of sessions drawn. `opened`: only the
 * projects, as VS Code requests after a connect (every root session, with the figures of its whole tree), or
 * every level, down to the last session.
 */
export function drawRows(state: State, opened: "projects" | "everything"): number {
  const shape = treeShape(state, EVERYTHING);
  const context = { nowMs: Date.now(), active: undefined };
  let rows = 0;
  const visit = (elements: readonly string[]): void => {
    for (const element of elements) {
      const ref = parseSessionKey(element);
      if (ref !== undefined && isDrawn(sessionRow(state, ref, context))) rows++;
      if (ref === undefined || opened === "everything") visit(childElements(state, shape, element));
    }
  };
  visit(shape.roots);
  return rows;
}

/** Reads the row, so that none of it can be optimized away as unused. */
function isDrawn(row: SessionRow | undefined): boolean {
  return (
    row !== undefined &&
    row.label.length > 0 &&
    row.description.length > 0 &&
    row.accessibilityLabel.length > 0 &&
    row.contextValue.length > 0
  );
}
