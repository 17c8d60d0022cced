import type { State } from "../../core/state/state.ts";
import type { ContextKeys } from "../../platform/contextKeys.ts";
import type { TreeShape } from "../../viewModels/tree/sessionTree.ts";
import { viewStateOf } from "../../viewModels/tree/viewState.ts";

/** Sets the context keys that follow what the tree shows. `hasSearched`: every source of servers has reported. */
export function setTreeContextKeys(
  contextKeys: ContextKeys,
  state: State,
  { roots, matches, options }: TreeShape,
  hasSearched: boolean,
): void {
  const servers = [...state.servers.values()];
  contextKeys.set("opencodeSessions.hasServers", servers.length > 0);
  contextKeys.set(
    "opencodeSessions.canShare",
    servers.some(({ capabilities }) => capabilities.has("share")),
  );
  contextKeys.set("opencodeSessions.hasClusters", state.clusters.size > 0);
  contextKeys.set(
    "opencodeSessions.hasSessions",
    servers.some(({ sessions }) => sessions.size > 0),
  );
  contextKeys.set(
    "opencodeSessions.viewState",
    viewStateOf(state, {
      hasSearched,
      rootRows: roots.length,
      isFiltered: matches !== undefined,
      isWorkspaceOnly: options.scope === "workspace",
    }),
  );
}
