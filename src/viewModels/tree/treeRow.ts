import { parseSessionKey } from "../../core/state/session.ts";
import type { State } from "../../core/state/state.ts";
import type { TreeRow } from "./anyRow.ts";
import { projectRow, projectTooltip } from "./projectRow.ts";
import { serverRow, serverTooltip } from "./serverRow.ts";
import { type RowContext, sessionRow } from "./sessionRow.ts";
import { sessionTooltip } from "./sessionTooltip.ts";
import {
  childElements,
  hasMatchBelow,
  hasShownChildren,
  parentElement,
  type TreeShape,
} from "./sessionTree.ts";
import { elementKind, serverIDOf } from "./treeElements.ts";

/** The row of an element; undefined if its subject is gone. A filter expands rows that lead to a match. */
export function treeRow(
  state: State,
  shape: TreeShape,
  element: string,
  context: RowContext,
): TreeRow | undefined {
  if (elementKind(element) === "session") {
    const ref = parseSessionKey(element);
    const depth = depthOf(state, shape, element);
    const row = ref === undefined ? undefined : sessionRow(state, ref, { ...context, depth });
    if (ref === undefined || row === undefined) return undefined;
    if (!hasShownChildren(state, shape, ref)) return { ...row, expansion: "none" };
    return { ...row, expansion: hasMatchBelow(state, shape, ref) ? "expanded" : "collapsed" };
  }
  const other = shape.options.branch?.row(state, shape, element, context);
  if (other !== undefined) {
    return leadsToMatch(state, shape, element) ? { ...other, expansion: "expanded" } : other;
  }
  const serverID = serverIDOf(element);
  const row =
    serverID === undefined
      ? projectRow(state, shape, element)
      : serverRow(state, shape, serverID, context.nowMs);
  if (row === undefined) return undefined;
  // Even if nothing is below: VS Code only expands a row when it is new, and a server's sessions come later.
  return { ...row, expansion: "expanded" };
}

/** Number of rows above an element's own; 0 for a sub-session, whose title makes no room for its cost. */
function depthOf(state: State, shape: TreeShape, element: string): number {
  const parent = parentElement(state, shape, element);
  if (parent === undefined || elementKind(parent) === "session") return 0;
  return 1 + depthOf(state, shape, parent);
}

/** Whether a cluster's row is expanded while a filter is on; a task's session says no more than the task. */
function leadsToMatch(state: State, shape: TreeShape, element: string): boolean {
  if (shape.matches === undefined) return false;
  return childElements(state, shape, element).some((child) => {
    const ref = elementKind(child) === "session" ? parseSessionKey(child) : undefined;
    if (ref === undefined || elementKind(element) === "server") return true;
    return hasMatchBelow(state, shape, ref);
  });
}

/** Everything known about an element, as Markdown; made when the user hovers over it. */
export function treeTooltip(
  state: State,
  shape: TreeShape,
  element: string,
  nowMs: number,
): string | undefined {
  const other = shape.options.branch?.tooltip(state, element, nowMs);
  if (other !== undefined) return other;
  switch (elementKind(element)) {
    case "cluster":
      return undefined;
    case "server":
      return serverTooltip(state, serverIDOf(element) ?? "", nowMs);
    case "project":
      return projectTooltip(state, element);
    case "session": {
      const ref = parseSessionKey(element);
      return ref === undefined ? undefined : sessionTooltip(state, ref, nowMs);
    }
  }
}
