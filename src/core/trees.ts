import type { Session } from "./session.ts";
import type { ServerState, TreeUsage } from "./state.ts";
import { addUsage } from "./usage.ts";
import { ownUsageOf } from "./usageOf.ts";

/** Inserts a child among its siblings, oldest first. */
export function addToTree(
  siblings: readonly string[],
  childID: string,
  sessions: ReadonlyMap<string, Session>,
): readonly string[] {
  const created = sessions.get(childID)?.createdMs ?? Number.MAX_SAFE_INTEGER;
  let at = siblings.length;
  while (at > 0 && (sessions.get(siblings[at - 1] ?? "")?.createdMs ?? 0) > created) at--;
  return [...siblings.slice(0, at), childID, ...siblings.slice(at)];
}

/** The tree figures of a session alone: what a session without children shows. */
export function leafTree(server: ServerState, sessionID: string): TreeUsage | undefined {
  const session = server.sessions.get(sessionID);
  if (session === undefined) return undefined;
  const live = server.live.get(sessionID);
  const own = ownUsageOf(server, session, live);
  return {
    usage: own.usage,
    descendants: 0,
    requests: live?.requests.length ?? 0,
    working:
      live !== undefined && (live.activity.kind !== "idle" || live.compaction !== undefined)
        ? 1
        : 0,
    isEstimate: own.isEstimate,
  };
}

/**
 * Brings the tree sums up to date after some sessions changed. A parent's sum is always made anew as
 * own + sum of its children's trees in their order, so it depends on the figures alone and never drifts.
 * `dirty` holds the touched sessions and all their ancestors.
 */
export function recomputeTrees(
  server: ServerState,
  touched: ReadonlySet<string>,
  all: boolean,
): { readonly trees: ReadonlyMap<string, TreeUsage>; readonly dirty: ReadonlySet<string> } {
  const dirty = new Set<string>();
  for (const id of touched) {
    let at: string | undefined = id;
    // A cycle in bad data ends here: each session is added once.
    while (at !== undefined && !dirty.has(at)) {
      dirty.add(at);
      at = server.sessions.get(at)?.parentID;
    }
  }

  const trees = new Map(all ? undefined : server.trees);
  const stale = new Set<string>(all ? server.children.keys() : []);
  for (const id of dirty) {
    if (server.children.has(id)) stale.add(id);
    else trees.delete(id);
  }

  const entered = new Set<string>();
  const treeOf = (id: string): TreeUsage | undefined => {
    const childIDs = server.children.get(id);
    if (childIDs === undefined) return leafTree(server, id);
    if (!stale.has(id) || entered.has(id)) return trees.get(id);
    entered.add(id);
    const own = leafTree(server, id);
    if (own === undefined) return undefined;
    let { usage, requests, working, isEstimate } = own;
    let descendants = 0;
    for (const childID of childIDs) {
      const child = treeOf(childID);
      if (child === undefined) continue;
      usage = addUsage(usage, child.usage);
      requests += child.requests;
      working += child.working;
      isEstimate ||= child.isEstimate;
      descendants += child.descendants + 1;
    }
    const tree: TreeUsage = { usage, descendants, requests, working, isEstimate };
    trees.set(id, tree);
    return tree;
  };
  for (const id of stale) if (server.sessions.has(id)) treeOf(id);
  return { trees, dirty };
}
