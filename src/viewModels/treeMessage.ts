import type { State } from "../core/state.ts";
import { cleanTitle, formatCount } from "./format.ts";
import { plural } from "./sessionFigures.ts";
import type { TreeShape } from "./sessionTree.ts";

/** What stands above the tree when the list is not all there is; undefined when it is. */
export function treeMessage(shape: TreeShape): string | undefined {
  const { options, shownCount, totalCount } = shape;
  if (shape.matches !== undefined) {
    const text = cleanTitle(options.filter, 40);
    return `Filter “${text}”: ${formatCount(shownCount)} of ${plural(totalCount, "session")}`;
  }
  const hidden = totalCount - shownCount;
  if (shownCount === 0 && hidden > 0) {
    return `No session in this workspace's folders; ${plural(hidden, "session")} in other folders`;
  }
  return undefined;
}

/**
 * Why the tree is empty, for the welcome text, or `sessions` when it is not: no server was found, none
 * has answered yet, a password is wanted, servers are lost, all is hidden by filter and scope, or the
 * servers have no sessions.
 */
export type ViewState =
  "sessions" | "noServer" | "connecting" | "unauthorized" | "lost" | "hidden" | "noSessions";

export function viewState(state: State, shape: TreeShape): ViewState {
  if (shape.roots.length > 0) return "sessions";
  if (shape.totalCount > 0) return "hidden";
  const [server] = state.servers.values();
  if (server === undefined) return "noServer";
  switch (server.connection.kind) {
    case "connecting":
    case "unauthorized":
    case "lost":
      return server.connection.kind;
    case "connected":
      return "noSessions";
  }
}
