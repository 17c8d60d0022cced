import type { SessionRef } from "../../core/state/session.ts";
import type { State } from "../../core/state/state.ts";
import type { TreeShape } from "./sessionTree.ts";
import { recencyMs } from "./sortSessions.ts";

/** The most recently active root sessions of a tree, newest first, whatever the tree's sort order. */
export function recentRoots(state: State, shape: TreeShape, limit: number): readonly SessionRef[] {
  const recent: { readonly ref: SessionRef; readonly ms: number }[] = [];
  for (const [serverID, sessionIDs] of shape.order) {
    const server = state.servers.get(serverID);
    if (server === undefined) continue;
    for (const sessionID of sessionIDs) {
      const session = server.sessions.get(sessionID);
      if (session === undefined) continue;
      const ms = recencyMs(server, session);
      if (recent.length >= limit && ms <= (recent.at(-1)?.ms ?? 0)) continue;
      let at = recent.length;
      while (at > 0 && (recent[at - 1]?.ms ?? 0) < ms) at--;
      recent.splice(at, 0, { ref: { serverID, sessionID }, ms });
      if (recent.length > limit) recent.pop();
    }
  }
  return recent.map(({ ref }) => ref);
}
