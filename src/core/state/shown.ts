import { serversToShow, type ShownFrom } from "./copies.ts";
import type { SessionRef } from "./session.ts";
import type { ServerState, State } from "./state.ts";

/*
 * Two servers may use the same database: session IDs are globally unique, so the same ID on two servers is one
 * session. A whole tree is shown from one server, the one that knows it best, so that sums and rows agree.
 * Servers of two generations only share a history: a session that was continued in both has two rows.
 */

interface Roots {
  readonly list: readonly SessionRef[];
  /** IDs of the servers a root session is shown from, only if more than one server has it. */
  readonly shownFrom: ShownFrom;
}

/** Another server's copy of a session. */
export interface SessionCopy {
  readonly serverID: string;
  /** The copies were continued separately and have different figures: both are shown. Otherwise only one is. */
  readonly hasDiverged: boolean;
}

const cache = new WeakMap<State["servers"], Roots>();
const rootsCache = new WeakMap<ServerState["sessions"], RootsOfServer>();

/** Sessions without a known parent. */
interface RootsOfServer {
  readonly ids: readonly string[];
  readonly refs: readonly SessionRef[];
}

function rootsOf(server: ServerState): RootsOfServer {
  const { serverID } = server.endpoint;
  const known = rootsCache.get(server.sessions);
  if (known !== undefined && (known.refs[0]?.serverID ?? serverID) === serverID) return known;
  const ids: string[] = [];
  for (const session of server.sessions.values()) {
    if (session.parentID === undefined || !server.sessions.has(session.parentID)) {
      ids.push(session.id);
    }
  }
  const found = { ids, refs: ids.map((sessionID) => ({ serverID, sessionID })) };
  rootsCache.set(server.sessions, found);
  return found;
}

/** The list for a result of `serversToShow`: both depend on the same sessions. */
const lists = new WeakMap<ShownFrom, readonly SessionRef[]>();

function computeRoots(state: State): Roots {
  const servers = [...state.servers.values()];
  const shownFrom = serversToShow(servers, (server) => rootsOf(server).ids);
  let list = lists.get(shownFrom);
  if (list === undefined) {
    list = servers.flatMap((server) => {
      const { refs } = rootsOf(server);
      if (shownFrom.size === 0) return refs;
      return refs.filter(({ serverID, sessionID }) => {
        const serverIDs = shownFrom.get(sessionID);
        return serverIDs === undefined || serverIDs.includes(serverID);
      });
    });
    lists.set(shownFrom, list);
  }
  return { list, shownFrom };
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
 * Root sessions of all servers, including archived ones, unsorted. A session that several servers have is listed
 * once, under the server that is connected, of the newest generation, running it, or has its newest state; and
 * again for each older generation where it has diverged.
 */
export function shownRoots(state: State): readonly SessionRef[] {
  return roots(state).list;
}

/** Direct children, oldest first, from the same server as the parent. */
export function shownChildren(state: State, ref: SessionRef): readonly SessionRef[] {
  const ids = state.servers.get(ref.serverID)?.children.get(ref.sessionID) ?? [];
  return ids.map((sessionID) => ({ serverID: ref.serverID, sessionID }));
}

/** Whether this is a ref under which its session is shown. */
export function isShown(state: State, ref: SessionRef): boolean {
  const server = state.servers.get(ref.serverID);
  let session = server?.sessions.get(ref.sessionID);
  if (server === undefined || session === undefined) return false;
  const { shownFrom } = roots(state);
  if (shownFrom.size === 0) return true;
  const seen = new Set<string>();
  while (session.parentID !== undefined && !seen.has(session.id)) {
    seen.add(session.id);
    const parent = server.sessions.get(session.parentID);
    if (parent === undefined) break;
    session = parent;
  }
  return shownFrom.get(session.id)?.includes(ref.serverID) ?? true;
}

/** The ref under which a session is shown, given any server's ref of it. */
export function shownRef(state: State, ref: SessionRef): SessionRef | undefined {
  if (isShown(state, ref)) return ref;
  for (const [serverID, server] of state.servers) {
    const other = { serverID, sessionID: ref.sessionID };
    if (server.sessions.has(ref.sessionID) && isShown(state, other)) return other;
  }
  return undefined;
}

/** The copies of a session on other servers, in server order. */
export function alsoOn(state: State, ref: SessionRef): readonly SessionCopy[] {
  if (state.servers.size <= 1) return [];
  const copies: SessionCopy[] = [];
  for (const [serverID, server] of state.servers) {
    if (serverID === ref.serverID || !server.sessions.has(ref.sessionID)) continue;
    copies.push({ serverID, hasDiverged: isShown(state, { ...ref, serverID }) });
  }
  return copies;
}
