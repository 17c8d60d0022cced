import { parseSessionKey } from "../../src/core/session.ts";
import type { State } from "../../src/core/state.ts";
import { projectRow } from "../../src/viewModels/projectRow.ts";
import { serverRow } from "../../src/viewModels/serverRow.ts";
import { type RowContext, sessionRow } from "../../src/viewModels/sessionRow.ts";
import {
  childElements,
  hasShownChildren,
  type TreeOptions,
  treeShape,
} from "../../src/viewModels/sessionTree.ts";
import { elementKind, serverIDOf } from "../../src/viewModels/treeElements.ts";
import { NOW_MS } from "./builders.ts";

export const ALL_SESSIONS: TreeOptions = {
  scope: "all",
  folders: [],
  sort: "recent",
  filter: "",
  includesArchived: false,
};

/**
 * The whole tree as text, every level open: two spaces a level, then icon, label, description. A `>`
 * stands before what has something below it, `(dim)` after what is greyed.
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
    const ref = parseSessionKey(element);
    const kind = elementKind(element);
    const row =
      kind === "server"
        ? serverRow(state, shape, serverIDOf(element) ?? "", nowMs)
        : kind === "project"
          ? projectRow(state, shape, element)
          : sessionRow(state, ref!, { nowMs, active: context.active });
    if (row === undefined) throw new Error(`no row for ${element}`);
    const children = childElements(state, shape, element);
    const hasChildren =
      kind === "session" ? hasShownChildren(state, shape, ref!) : children.length > 0;
    const mark = hasChildren ? "> " : "  ";
    const dim = row.isDimmed ? " (dim)" : "";
    lines.push(
      `${"  ".repeat(depth)}${mark}[${row.icon.id}] ${row.label}  ${row.description}${dim}`.trimEnd(),
    );
    for (const child of children) visit(child, depth + 1);
  };
  for (const element of childElements(state, shape, undefined)) visit(element, 0);
  return `${lines.join("\n")}\n`;
}
