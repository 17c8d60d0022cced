import { sameTotals } from "./sameSession.ts";
import type { SessionRef } from "./session.ts";
import type { ServerState, State } from "./state.ts";

/*
 * Two servers may serve one database: session ids are globally unique, so an id met on two servers is one
 * session. A whole tree is shown from one server, the one that knows it best, so that sums and rows agree.
 * Servers of two generations share a history and no more: a session that went on in both is two rows.
 */

interface Roots {
  readonly list: readonly SessionRef[];
  /** Ids of the servers a root session is shown from, only where more than one server has the session. */
  readonly shownFrom: ReadonlyMap<string, readonly string[]>;
}

/** Another server's copy of a session. */
export interface SessionCopy {
  readonly serverID: string;
  /** The copies went on apart and have other figures: both are shown. Else this one stands for both. */
  readonly hasDiverged: boolean;
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
  const servers = new Map<string, string[]>();
  const first = new Map<string, string>();
  for (const [serverID, server] of state.servers) {
    for (const sessionID of rootIDs(server)) {
      const other = state.servers.size > 1 ? first.get(sessionID) : undefined;
      if (other === undefined) {
        if (state.servers.size > 1) first.set(sessionID, serverID);
        list.push({ serverID, sessionID });
        continue;
      }
      const known = servers.get(sessionID);
      if (known === undefined) servers.set(sessionID, [other, serverID]);
      else known.push(serverID);
    }
  }
  if (servers.size === 0) return { list, shownFrom: new Map() };
  const shownFrom = new Map<string, readonly string[]>();
  for (const [sessionID, serverIDs] of servers) {
    shownFrom.set(sessionID, serversToShow(state, sessionID, serverIDs));
  }
  const shown = list.flatMap((ref) => {
    const serverIDs = shownFrom.get(ref.sessionID);
    if (serverIDs === undefined) return [ref];
    return serverIDs.map((serverID) => ({ serverID, sessionID: ref.sessionID }));
  });
  return { list: shown, shownFrom };
}

/** Of the servers that have a session: the best of each generation, older ones only where they diverged. */
function serversToShow(
  state: State,
  rootID: string,
  serverIDs: readonly string[],
): readonly string[] {
  const best = new Map<string, ServerState>();
  for (const serverID of serverIDs) {
    const server = state.servers.get(serverID);
    if (server === undefined) continue;
    const generation = server.generation ?? "";
    const other = best.get(generation);
    if (other === undefined || isBetter(rank(server, rootID), rank(other, rootID))) {
      best.set(generation, server);
    }
  }
  const [main, ...others] = [...best.values()].sort(byPrecedence);
  if (main === undefined) return [];
  const diverged = others.filter((other) => hasDiverged(main, other, rootID));
  return [main, ...diverged].map((server) => server.endpoint.serverID);
}

/** A connected server before a lost one, then the newer generation: their labels ascend. */
function byPrecedence(a: ServerState, b: ServerState): number {
  const connected = (server: ServerState): number =>
    server.connection.kind === "connected" ? 0 : 1;
  const difference = connected(a) - connected(b);
  if (difference !== 0) return difference;
  return (a.generation ?? "") > (b.generation ?? "") ? -1 : 1;
}

/**
 * Whether the copy of a tree has figures of its own, or is at work and will have. Copies that went on in one
 * generation alone differ too: what was seen last in the other is not what it is now.
 */
function hasDiverged(main: ServerState, copy: ServerState, rootID: string): boolean {
  if ((copy.live.get(rootID)?.activity.kind ?? "idle") !== "idle") return true;
  if ((copy.trees.get(rootID)?.working ?? 0) > 0) return true;
  return !hasSameFigures(main, copy, rootID, new Set());
}

function hasSameFigures(
  a: ServerState,
  b: ServerState,
  sessionID: string,
  seen: Set<string>,
): boolean {
  if (seen.has(sessionID)) return true;
  seen.add(sessionID);
  const totals = a.sessions.get(sessionID)?.totals;
  const otherTotals = b.sessions.get(sessionID)?.totals;
  // Without totals nothing is known yet that could differ.
  const isKnown = totals !== undefined && otherTotals !== undefined;
  if (isKnown && !sameTotals(totals, otherTotals)) return false;
  const children = a.children.get(sessionID) ?? [];
  const otherChildren = b.children.get(sessionID) ?? [];
  if (children.length !== otherChildren.length) return false;
  return children.every((id) => b.sessions.has(id) && hasSameFigures(a, b, id, seen));
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
 * listed once, under the server that is connected, of the newest generation, at work on it, or knows its
 * newest state; and once more for each older generation where it went on by itself.
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

/** The ref by which a session is shown, given any server's ref of it. */
export function shownRef(state: State, ref: SessionRef): SessionRef | undefined {
  if (isShown(state, ref)) return ref;
  for (const [serverID, server] of state.servers) {
    const other = { serverID, sessionID: ref.sessionID };
    if (server.sessions.has(ref.sessionID) && isShown(state, other)) return other;
  }
  return undefined;
}

/** The copies other servers have of a session, in the order of the servers. */
export function alsoOn(state: State, ref: SessionRef): readonly SessionCopy[] {
  if (state.servers.size <= 1) return [];
  const copies: SessionCopy[] = [];
  for (const [serverID, server] of state.servers) {
    if (serverID === ref.serverID || !server.sessions.has(ref.sessionID)) continue;
    copies.push({ serverID, hasDiverged: isShown(state, { ...ref, serverID }) });
  }
  return copies;
}
