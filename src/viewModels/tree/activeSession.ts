import { getServer, getSession } from "../../core/state/lookup.ts";
import type { SessionRef } from "../../core/state/session.ts";
import { shownRef, shownRoots } from "../../core/state/shown.ts";
import { hasRunningTurn, type State } from "../../core/state/state.ts";
import { folderTest } from "../text/paths.ts";
import { recencyMs } from "./sortSessions.ts";

/** A window's active session, and the user's pick. */
export interface ActiveSession {
  readonly ref: SessionRef | undefined;
  /** The user's pick as long as it may still exist; undefined once its server reports it gone. */
  readonly picked: SessionRef | undefined;
}

/**
 * Decides a window's active session: the picked one as long as it exists, else the root session of the
 * window's folders (of all, without folders) with the newest activity, working ones first. If the pick's
 * server hasn't reported its sessions yet, nothing is active, so that the window doesn't jump to another
 * session and back. A pick on a missing server is remembered while the window follows the newest activity.
 * Folders must be normalised.
 */
export function activeSession(
  state: State,
  picked: SessionRef | undefined,
  folders: readonly string[],
): ActiveSession {
  if (picked !== undefined) {
    const ref = shownRef(state, picked);
    if (ref !== undefined) return { ref, picked };
    const server = getServer(state, picked.serverID);
    if (server === undefined) return { ref: newestActivity(state, folders), picked };
    if (server.snapshotMs === undefined) return { ref: undefined, picked };
  }
  return { ref: newestActivity(state, folders), picked: undefined };
}

function newestActivity(state: State, folders: readonly string[]): SessionRef | undefined {
  const isInScope = folders.length === 0 ? () => true : folderTest(folders);
  let newest: SessionRef | undefined;
  let newestMs = Number.NEGATIVE_INFINITY;
  let isNewestBusy = false;
  for (const ref of shownRoots(state)) {
    const server = getServer(state, ref.serverID);
    const session = getSession(state, ref);
    if (server === undefined || session === undefined || session.archivedMs !== undefined) continue;
    if (!isInScope(session.directory)) continue;
    const live = server.live.get(ref.sessionID);
    const isBusy =
      server.connection.kind === "connected" &&
      live !== undefined &&
      (hasRunningTurn(live.activity) || live.compaction !== undefined);
    const ms = recencyMs(server, session);
    if (isBusy === isNewestBusy ? ms > newestMs : isBusy) {
      newest = ref;
      newestMs = ms;
      isNewestBusy = isBusy;
    }
  }
  return newest;
}
