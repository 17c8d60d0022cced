import { getServer, getSession } from "../core/lookup.ts";
import { sessionKey, type SessionRef } from "../core/session.ts";
import { sessionState } from "../core/sessionState.ts";
import type { Capability } from "../core/capabilities.ts";
import type { ServerState, State } from "../core/state.ts";
import { cleanTitle } from "./format.ts";

/** A session's title in quotes, fit for a sentence. */
export function quoted(state: State, ref: SessionRef): string {
  return `“${cleanTitle(getSession(state, ref)?.title ?? "", 60)}”`;
}

/** Why nothing can be asked of a session: it is gone, or its server is away. Undefined when it can. */
export function whyOutOfReach(state: State, ref: SessionRef): string | undefined {
  if (getSession(state, ref) === undefined) return "This session no longer exists.";
  const server = getServer(state, ref.serverID);
  if (server?.connection.kind === "connected") return undefined;
  const name = cleanTitle(server?.endpoint.name ?? "");
  return `${quoted(state, ref)} cannot be reached: its server “${name}” is not connected.`;
}

/** Why a session has to be left alone now: out of reach, or something runs in it. Undefined when it rests. */
export function whyNotAtRest(state: State, ref: SessionRef): string | undefined {
  const unreachable = whyOutOfReach(state, ref);
  if (unreachable !== undefined) return unreachable;
  const title = quoted(state, ref);
  switch (sessionState(state, ref).kind) {
    case "working":
    case "retry":
      return `${title} is at work. Stop it first, or wait until it is idle.`;
    case "compacting":
      return `${title} is being compacted. Wait until that is done.`;
    case "waiting_permission":
    case "question":
      return `${title} waits for your answer. Answer it, or stop it first.`;
    case "idle":
    case "error":
    case "unavailable":
      return undefined;
  }
}

/** Why a server cannot be asked for something it has no way to do. Undefined when it can. */
export function capabilityRefusal(
  { capabilities, generation }: Pick<ServerState, "capabilities" | "generation">,
  capability: Capability,
): string | undefined {
  return capabilities.has(capability)
    ? undefined
    : `${generation ?? "This server"} cannot do this.`;
}

/** Without sessions that are below another one of the list, and each once. */
export function topmost(state: State, refs: readonly SessionRef[]): readonly SessionRef[] {
  const named = new Set(refs.map(({ serverID, sessionID }) => sessionKey(serverID, sessionID)));
  const seen = new Set<string>();
  return refs.filter(({ serverID, sessionID }) => {
    const key = sessionKey(serverID, sessionID);
    if (seen.has(key)) return false;
    seen.add(key);
    const sessions = getServer(state, serverID)?.sessions;
    let parentID = sessions?.get(sessionID)?.parentID;
    // A circle of parents ends where it began.
    for (let depth = 0; parentID !== undefined && depth < 1000; depth++) {
      if (parentID === sessionID) return true;
      if (named.has(sessionKey(serverID, parentID))) return false;
      parentID = sessions?.get(parentID)?.parentID;
    }
    return true;
  });
}
