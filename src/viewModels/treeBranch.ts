import type { Changes } from "../core/changes.ts";
import type { SessionRef } from "../core/session.ts";
import type { State } from "../core/state.ts";
import type { RowContext } from "./sessionRow.ts";
import type { TreeShape } from "./sessionTree.ts";
import type { TreeRow } from "./treeRow.ts";

/**
 * Rows of another kind that stand in the tree below the servers, and that have sessions below them. What makes
 * them is loaded when there are any. Pure, as all that makes rows.
 */
export interface TreeBranch {
  /** Topmost elements. */
  roots(state: State): readonly string[];
  /** The elements below one of its own; undefined when it is none. */
  children(state: State, shape: TreeShape, element: string): readonly string[] | undefined;
  /** The element above one of its own. */
  parent(state: State, element: string): string | undefined;
  /** The element of its own that a root session stands below; undefined where the tree decides. */
  parentOfSession(state: State, ref: SessionRef): string | undefined;
  /** The row of one of its own; undefined when it is none, or is gone. */
  row(state: State, shape: TreeShape, element: string, context: RowContext): TreeRow | undefined;
  tooltip(state: State, element: string, nowMs: number): string | undefined;
  /** Its elements whose rows may read otherwise after a change. */
  touched(state: State, changes: Changes): readonly string[];
}
