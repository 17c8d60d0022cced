import { getLive, getServer } from "./lookup.ts";
import type { SessionRef } from "./session.ts";
import { type Activity, hasRunningTurn, type State } from "./state.ts";

/** What a session is doing, with details. */
export type SessionState =
  | Activity
  | { readonly kind: "compacting"; readonly sinceMs: number }
  | { readonly kind: "waiting_permission"; readonly sinceMs: number }
  | { readonly kind: "question"; readonly sinceMs: number }
  | { readonly kind: "error"; readonly sinceMs: number; readonly message: string }
  /** The connection to the server is lost: figures are the last known ones. */
  | { readonly kind: "unavailable"; readonly sinceMs: number };

/**
 * The state of one session. What the user must act on takes precedence over what is running: a lost server, then
 * a pending request, compaction, retry, work, and finally the error of the last turn.
 */
export function sessionState(state: State, ref: SessionRef): SessionState {
  const connection = getServer(state, ref.serverID)?.connection;
  if (connection?.kind === "lost" || connection?.kind === "unauthorized") {
    return { kind: "unavailable", sinceMs: connection.sinceMs };
  }
  const live = getLive(state, ref);
  const request = live.requests[0];
  if (request !== undefined) {
    return {
      kind: request.kind === "permission" ? "waiting_permission" : "question",
      sinceMs: request.askedMs,
    };
  }
  if (live.compaction !== undefined) {
    return { kind: "compacting", sinceMs: live.compaction.sinceMs };
  }
  if (hasRunningTurn(live.activity)) return live.activity;
  if (live.error !== undefined) {
    return { kind: "error", sinceMs: live.error.atMs, message: live.error.message };
  }
  return { kind: live.activity.kind };
}
