import type { SessionRef } from "./session.ts";
import type { ServerState, State } from "./state.ts";

/*
 * Two servers may serve one database: session ids are globally unique, so an id met on two servers is one
 * session. A whole tree is shown from one server, the one that knows it best, so that sums and rows agree.
 */

interface Roots {
  readonly list: readonly SessionRef[];
  /** Serving server by root session id, only where more than one server has the session. */
  readonly servedBy: ReadonlyMap<string, string>;
}

const cache = new WeakMap<State["servers"], Roots>();
const rootIDsCache = new WeakMap<ServerState["sessions"], readonly string[]>();

/** Ids of the sessions without a known parent. */
function rootIDs(server: ServerState): readonly string[] {
  const known = rootIDsCache.get(server.sessions);
  if (known !== undefined) return known;
  const ids: string[] = [];
  for (const session of server.sessions.values()) {
    if (session.parentID === undefined || !server.sessions.has(session.parentID)) {
      ids.push(session.id);
    }
  }
  rootIDsCache.set(server.sessions, ids);
  return ids;
}

/** A server that is connected and at work on the tree knows best, then the one with the newest row. */
function rank(server: ServerState, rootID: string): readonly [number, number, number] {
  const session = server.sessions.get(rootID);
  const working = server.trees.get(rootID)?.working ?? 0;
  const activity = server.live.get(rootID)?.activity.kind ?? "idle";
  return [
    server.connection.kind === "connected" ? 1 : 0,
    working > 0 || activity !== "idle" ? 1 : 0,
    session?.updatedMs ?? 0,
  ];
}

function isBetter(a: readonly number[], b: readonly number[]): boolean {
  for (let index = 0; index < a.length; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

function computeRoots(state: State): Roots {
  const list: SessionRef[] = [];
  const servedBy = new Map<string, string>();
  if (state.servers.size <= 1) {
    for (const [serverID, server] of state.servers) {
      for (const sessionID of rootIDs(server)) list.push({ serverID, sessionID });
    }
    return { list, servedBy };
  }
  const place = new Map<string, number>();
  for (const [serverID, server] of state.servers) {
    for (const sessionID of rootIDs(server)) {
      const at = place.get(sessionID);
      const other = at === undefined ? undefined : list[at];
      if (at === undefined || other === undefined) {
        place.set(sessionID, list.length);
        list.push({ serverID, sessionID });
        continue;
      }
      const otherServer = state.servers.get(other.serverID);
      const wins =
        otherServer === undefined ||
        isBetter(rank(server, sessionID), rank(otherServer, sessionID));
      if (wins) list[at] = { serverID, sessionID };
      servedBy.set(sessionID, wins ? serverID : other.serverID);
    }
  }
  return { list, servedBy };
}

function roots(state: State): Roots {
  let known = cache.get(state.servers);
  if (known === undefined) {
    known = computeRoots(state);
    cache.set(state.servers, known);
  }
  return known;
}

/**
 * Root sessions of all servers, archived ones included, unsorted; a session that several servers have is
 * listed once, under the server that is connected, at work on it, or knows its newest state.
 */
export function shownRoots(state: State): readonly SessionRef[] {
  return roots(state).list;
}

/** Direct children, oldest first, from the same server as the parent. */
export function shownChildren(state: State, ref: SessionRef): readonly SessionRef[] {
  const ids = state.servers.get(ref.serverID)?.children.get(ref.sessionID) ?? [];
  return ids.map((sessionID) => ({ serverID: ref.serverID, sessionID }));
}

/** Whether a ref is the one its session is shown by. */
export function isShown(state: State, ref: SessionRef): boolean {
  const server = state.servers.get(ref.serverID);
  let session = server?.sessions.get(ref.sessionID);
  if (server === undefined || session === undefined) return false;
  const { servedBy } = roots(state);
  if (servedBy.size === 0) return true;
  const seen = new Set<string>();
  while (session.parentID !== undefined && !seen.has(session.id)) {
    seen.add(session.id);
    const parent = server.sessions.get(session.parentID);
    if (parent === undefined) break;
    session = parent;
  }
  return (servedBy.get(session.id) ?? ref.serverID) === ref.serverID;
}

/** The ref by which a session is shown, given any server's ref of it. */
export function shownRef(state: State, ref: SessionRef): SessionRef | undefined {
  if (isShown(state, ref)) return ref;
  for (const [serverID, server] of state.servers) {
    const other = { serverID, sessionID: ref.sessionID };
    if (server.sessions.has(ref.sessionID) && isShown(state, other)) return other;
  }
  return undefined;
}
