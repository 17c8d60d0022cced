import { parseSessionKey } from "../../src/core/session.ts";
import type { State } from "../../src/core/state.ts";
import { type SessionRow, sessionRow } from "../../src/viewModels/sessionRow.ts";
import { childElements, treeShape, type TreeOptions } from "../../src/viewModels/sessionTree.ts";

/** The tree with nothing left out. */
export const EVERYTHING: TreeOptions = {
  scope: "all",
  folders: [],
  sort: "recent",
  filter: "",
  includesArchived: true,
  pinned: new Set<string>(),
};

/** Makes every row of the tree, all levels opened, as a view that draws them; gives their number. */
export function drawAllRows(state: State): number {
  const shape = treeShape(state, EVERYTHING);
  const context = { nowMs: Date.now(), active: undefined };
  let rows = 0;
  const visit = (elements: readonly string[]): void => {
    for (const element of elements) {
      const ref = parseSessionKey(element);
      if (ref !== undefined && isDrawn(sessionRow(state, ref, context))) rows++;
      visit(childElements(state, shape, element));
    }
  };
  visit(shape.roots);
  return rows;
}

/** Reads the row, so that nothing of it can be left out as unused. */
function isDrawn(row: SessionRow | undefined): boolean {
  return (
    row !== undefined &&
    row.label.length > 0 &&
    row.description.length > 0 &&
    row.accessibilityLabel.length > 0 &&
    row.contextValue.length > 0
  );
}
