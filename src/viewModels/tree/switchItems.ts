import { getServer, getSession, parentOf } from "../../core/state/lookup.ts";
import { type SessionKey, sessionKey, type SessionRef } from "../../core/state/session.ts";
import { sessionState } from "../../core/state/sessionState.ts";
import { isShown, shownRoots } from "../../core/state/shown.ts";
import type { State } from "../../core/state/state.ts";
import { cleanTitle } from "../text/format.ts";
import { shownPath } from "../text/paths.ts";
import { SEPARATOR } from "./sessionFigures.ts";
import type { RowIcon } from "./sessionIcon.ts";
import { type RowContext, sessionRow } from "./sessionRow.ts";
import { recencyMs } from "./sortSessions.ts";

/** A session as an item to pick. None of its text renders as an icon. */
export interface SwitchItem {
  readonly ref: SessionRef;
  /** Not in the label, where a screen reader would read its name. */
  readonly icon: RowIcon;
  readonly label: string;
  /** State, figures and age, as in the tree. */
  readonly description: string;
  /** Directory, and the server if there are several. */
  readonly detail: string;
  readonly isActive: boolean;
}

/**
 * The sessions of all servers to pick from, most recent first: roots that aren't archived, other sessions
 * that are busy, and the active one. `includesChildren` adds every session below the roots.
 */
export function switchItems(
  state: State,
  context: RowContext,
  { includesChildren }: { readonly includesChildren: boolean },
): readonly SwitchItem[] {
  const found = candidates(state, context.active, includesChildren).flatMap((ref) => {
    const item = switchItem(state, ref, context);
    return item === undefined ? [] : [item];
  });
  return found.sort((a, b) => b.recentMs - a.recentMs).map(({ item }) => item);
}

function candidates(
  state: State,
  active: SessionRef | undefined,
  includesChildren: boolean,
): readonly SessionRef[] {
  const refs = new Map<SessionKey, SessionRef>();
  const add = (ref: SessionRef): void => {
    refs.set(sessionKey(ref.serverID, ref.sessionID), ref);
  };
  for (const ref of shownRoots(state)) {
    if (getSession(state, ref)?.archivedMs === undefined) add(ref);
  }
  for (const [serverID, server] of state.servers) {
    const ids = includesChildren ? server.sessions.keys() : server.live.keys();
    for (const sessionID of ids) {
      const ref = { serverID, sessionID };
      const isWanted = includesChildren
        ? server.sessions.get(sessionID)?.archivedMs === undefined
        : isBusy(state, ref);
      if (isWanted && isShown(state, ref)) add(ref);
    }
  }
  if (active !== undefined) add(active);
  return [...refs.values()];
}

function isBusy(state: State, ref: SessionRef): boolean {
  const { kind } = sessionState(state, ref);
  return kind !== "idle" && kind !== "error" && kind !== "unavailable";
}

function switchItem(
  state: State,
  ref: SessionRef,
  context: RowContext,
): { readonly recentMs: number; readonly item: SwitchItem } | undefined {
  const server = getServer(state, ref.serverID);
  const session = getSession(state, ref);
  const row = sessionRow(state, ref, context);
  if (server === undefined || session === undefined || row === undefined) return undefined;
  const isChild = parentOf(state, ref) !== undefined;
  const places = [cleanTitle(shownPath(session.directory), 200)];
  if (state.servers.size > 1) places.unshift(cleanTitle(server.endpoint.name));
  return {
    recentMs: recencyMs(server, session),
    item: {
      ref,
      icon: row.icon,
      label: `${isChild ? "↳ " : ""}${row.title}`,
      description: row.description,
      detail: places.join(SEPARATOR),
      isActive: row.isActive,
    },
  };
}
