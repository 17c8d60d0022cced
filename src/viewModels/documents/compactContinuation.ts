import { getServer } from "../../core/state/lookup.ts";
import type { SessionRef } from "../../core/state/session.ts";
import type { State } from "../../core/state/state.ts";

/** Ids of a session's children and forks. */
export function relativesOf(state: State, ref: SessionRef): ReadonlySet<string> {
  const relatives = new Set<string>();
  for (const session of getServer(state, ref.serverID)?.sessions.values() ?? []) {
    if (session.parentID === ref.sessionID || session.forkOfID === ref.sessionID) {
      relatives.add(session.id);
    }
  }
  return relatives;
}

/**
 * The session that continues after a compaction, on servers that create a new one for it: the newest relative
 * that isn't in `before`. Undefined on servers that compact in place. Only called for a session that was idle,
 * so that none of its tasks can be mistaken for it.
 */
export function continuationOf(
  state: State,
  ref: SessionRef,
  before: ReadonlySet<string>,
): SessionRef | undefined {
  const sessions = getServer(state, ref.serverID)?.sessions;
  let newest: { readonly id: string; readonly createdMs: number } | undefined;
  for (const id of relativesOf(state, ref)) {
    const session = before.has(id) ? undefined : sessions?.get(id);
    if (session === undefined) continue;
    if (newest === undefined || session.createdMs > newest.createdMs) newest = session;
  }
  return newest === undefined ? undefined : { serverID: ref.serverID, sessionID: newest.id };
}
