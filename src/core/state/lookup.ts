import type { Model, ModelRef } from "./model.ts";
import { modelKey } from "./model.ts";
import type { Session, SessionRef } from "./session.ts";
import { type Live, NO_LIVE, type ServerState, type State } from "./state.ts";

export function getServer(state: State, serverID: string): ServerState | undefined {
  return state.servers.get(serverID);
}

export function getSession(state: State, ref: SessionRef): Session | undefined {
  return state.servers.get(ref.serverID)?.sessions.get(ref.sessionID);
}

/** The live state of a session; `NO_LIVE` if there is none. */
export function getLive(state: State, ref: SessionRef): Live {
  return state.servers.get(ref.serverID)?.live.get(ref.sessionID) ?? NO_LIVE;
}

/** The session's parent, if the same server has it. */
export function parentOf(state: State, ref: SessionRef): SessionRef | undefined {
  const server = state.servers.get(ref.serverID);
  const parentID = server?.sessions.get(ref.sessionID)?.parentID;
  if (parentID === undefined || server?.sessions.has(parentID) !== true) return undefined;
  return { serverID: ref.serverID, sessionID: parentID };
}

/** The topmost known ancestor; the session itself if it has no parent. Terminates on cycles. */
export function rootOf(state: State, ref: SessionRef): SessionRef {
  const seen = new Set<string>();
  let at = ref;
  for (;;) {
    seen.add(at.sessionID);
    const parent = parentOf(state, at);
    if (parent === undefined || seen.has(parent.sessionID)) return at;
    at = parent;
  }
}

/** All descendants, depth first, oldest first. */
export function descendantsOf(state: State, ref: SessionRef): SessionRef[] {
  const server = state.servers.get(ref.serverID);
  const found: SessionRef[] = [];
  if (server === undefined) return found;
  const seen = new Set([ref.sessionID]);
  const visit = (sessionID: string): void => {
    for (const childID of server.children.get(sessionID) ?? []) {
      if (seen.has(childID)) continue;
      seen.add(childID);
      found.push({ serverID: ref.serverID, sessionID: childID });
      visit(childID);
    }
  };
  visit(ref.sessionID);
  return found;
}

/** The model a session used last: that of the running step, else that of its row. */
export function sessionModel(state: State, ref: SessionRef): ModelRef | undefined {
  return getLive(state, ref).model ?? getSession(state, ref)?.model;
}

/** The catalogue entry of a model. */
export function modelOf(
  state: State,
  serverID: string,
  ref: ModelRef | undefined,
): Model | undefined {
  return ref === undefined ? undefined : getServer(state, serverID)?.models.get(modelKey(ref));
}
