import { t } from "../../core/language.ts";
import { getServer, getSession } from "../../core/state/lookup.ts";
import { sessionKey, type SessionRef } from "../../core/state/session.ts";
import { sessionState } from "../../core/state/sessionState.ts";
import type { Capability } from "../../core/state/capabilities.ts";
import type { ServerState, State } from "../../core/state/state.ts";
import { cleanTitle } from "../text/format.ts";

/** A session's title in quotes, for use in a sentence. */
export function quoted(state: State, ref: SessionRef): string {
  return `“${cleanTitle(getSession(state, ref)?.title ?? "", 60)}”`;
}

/** Why a session can't be reached: it is gone, or its server isn't connected. Undefined if it can be. */
export function whyOutOfReach(state: State, ref: SessionRef): string | undefined {
  if (getSession(state, ref) === undefined) return t("This session no longer exists.");
  const server = getServer(state, ref.serverID);
  if (server?.connection.kind === "connected") return undefined;
  const name = cleanTitle(server?.endpoint.name ?? "");
  return t`${quoted(state, ref)} cannot be reached: its server “${name}” is not connected.`;
}

/** Why a session must be left alone now: out of reach, or something runs in it. Undefined if it is at rest. */
export function whyNotAtRest(state: State, ref: SessionRef): string | undefined {
  const unreachable = whyOutOfReach(state, ref);
  if (unreachable !== undefined) return unreachable;
  const title = quoted(state, ref);
  switch (sessionState(state, ref).kind) {
    case "working":
    case "retry":
      return t`${title} is running. Stop it first, or wait until it is idle.`;
    case "compacting":
      return t`${title} is being compacted. Wait until it is done.`;
    case "waiting_permission":
    case "question":
      return t`${title} is waiting for your answer. Answer it, or stop it first.`;
    case "unknown":
      return t`It is not known whether ${title} is running. Refresh the sessions, then try again.`;
    case "idle":
    case "error":
    case "unavailable":
      return undefined;
  }
}

/** Why a server doesn't support an action. Undefined if it does. */
export function capabilityRefusal(
  { capabilities, generation }: Pick<ServerState, "capabilities" | "generation">,
  capability: Capability,
): string | undefined {
  return capabilities.has(capability)
    ? undefined
    : t`${generation ?? t("This server")} does not support this.`;
}

/** The refs without duplicates and without sessions below another one in the list. */
export function topmost(state: State, refs: readonly SessionRef[]): readonly SessionRef[] {
  const named = new Set(refs.map(({ serverID, sessionID }) => sessionKey(serverID, sessionID)));
  const seen = new Set<string>();
  return refs.filter(({ serverID, sessionID }) => {
    const key = sessionKey(serverID, sessionID);
    if (seen.has(key)) return false;
    seen.add(key);
    const sessions = getServer(state, serverID)?.sessions;
    let parentID = sessions?.get(sessionID)?.parentID;
    // Parents may form a cycle, which ends at the session itself.
    for (let depth = 0; parentID !== undefined && depth < 1000; depth++) {
      if (parentID === sessionID) return true;
      if (named.has(sessionKey(serverID, parentID))) return false;
      parentID = sessions?.get(parentID)?.parentID;
    }
    return true;
  });
}
