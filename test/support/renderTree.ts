import type { State } from "../../src/core/state/state.ts";
import type { RowContext } from "../../src/viewModels/tree/sessionRow.ts";
import {
  childElements,
  type TreeOptions,
  treeShape,
} from "../../src/viewModels/tree/sessionTree.ts";
import { treeRow } from "../../src/viewModels/tree/treeRow.ts";
import { NOW_MS } from "./seed/builders.ts";

export const ALL_SESSIONS: TreeOptions = {
  scope: "all",
  folders: [],
  sort: "recent",
  filter: "",
  includesArchived: false,
  pinned: new Set(),
};

/**
 * The whole tree as text, fully expanded: two spaces per level, then icon, label, description. `>` marks
 * rows with children, a trailing `(dim)` greyed ones.
 */
export function renderTree(
  state: State,
  options: Partial<TreeOptions> = {},
  context: Partial<RowContext> = {},
): string {
  const shape = treeShape(state, { ...ALL_SESSIONS, ...options });
  const nowMs = context.nowMs ?? NOW_MS;
  const lines: string[] = [];
  const visit = (element: string, depth: number): void => {
    const row = treeRow(state, shape, element, { nowMs, active: context.active });
    if (row === undefined) throw new Error(`no row for ${element}`);
    const mark = row.expansion === "none" ? "  " : "> ";
    const dim = row.isDimmed ? " (dim)" : "";
    lines.push(
      `${"  ".repeat(depth)}${mark}[${row.icon.id}] ${row.label}  ${row.description}${dim}`.trimEnd(),
    );
    for (const child of childElements(state, shape, element)) visit(child, depth + 1);
  };
  for (const element of childElements(state, shape, undefined)) visit(element, 0);
  return `${lines.join("\n")}\n`;
}
