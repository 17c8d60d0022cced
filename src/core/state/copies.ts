import { sameTotals } from "./sameSession.ts";
import { hasRunningTurn, type ServerState } from "./state.ts";

/*
 * Sessions that several servers have, and which of those servers they are shown from. Runs after every batch, and
 * two servers may share ten thousand sessions, so nothing is allocated for sessions in the common case.
 */

/** Positions of servers in a list, by ID of each root session that more than one of them has. */
type Overlap = ReadonlyMap<string, readonly number[]>;

/** Which servers sessions are shown from: server IDs by root session ID. */
export type ShownFrom = ReadonlyMap<string, readonly string[]>;

/** Cached result for a list of servers, stored under the sessions of the last one. */
interface Found {
  readonly maps: readonly ServerState["sessions"][];
  readonly overlap: Overlap;
  /** The last result, and its inputs other than the sessions. */
  answer:
    | {
        readonly serverStates: string;
        readonly working: readonly ReadonlySet<string>[];
        readonly shownFrom: ShownFrom;
      }
    | undefined;
}

const found = new WeakMap<ServerState["sessions"], Found>();

/**
 * IDs of the servers each root session is shown from, for sessions that several servers have: the best server of
 * the newest generation, and the best of each older one whose copy has diverged. Returns the same object as before
 * if nothing it depends on has changed.
 */
export function serversToShow(
  servers: readonly ServerState[],
  rootIDs: (server: ServerState) => readonly string[],
): ShownFrom {
  const known = findOverlap(servers, rootIDs);
  const serverStates = servers.map(stateKeyOf).join("\n");
  const working = known.overlap.size === 0 ? [] : servers.map(workingRoots);
  const { answer } = known;
  if (answer?.serverStates === serverStates && areSame(answer.working, working))
    return answer.shownFrom;
  const alone = servers.map((server) => [server.endpoint.serverID]);
  const shownFrom = new Map<string, readonly string[]>();
  for (const [id, positions] of known.overlap) {
    const [main, ...others] = bestOfEachGeneration(servers, working, id, positions);
    if (main === undefined) continue;
    let shown: readonly string[] = alone[main] ?? [];
    for (const other of others) {
      if (hasDiverged(servers, working, id, main, other)) {
        shown = [...shown, ...(alone[other] ?? [])];
      }
    }
    shownFrom.set(id, shown);
  }
  known.answer = { serverStates, working, shownFrom };
  return shownFrom;
}

function stateKeyOf({ endpoint, generation, connection }: ServerState): string {
  return `${endpoint.serverID}\t${generation ?? ""}\t${String(connection.kind === "connected")}`;
}

function areSame(a: readonly ReadonlySet<string>[], b: readonly ReadonlySet<string>[]): boolean {
  return (
    a.length === b.length &&
    a.every((set, at) => {
      const other = b[at];
      return set.size === other?.size && [...set].every((id) => other.has(id));
    })
  );
}

/** Depends only on the sessions, which change less often than their activity. */
function findOverlap(
  servers: readonly ServerState[],
  rootIDs: (server: ServerState) => readonly string[],
): Found {
  const last = servers.at(-1)?.sessions;
  if (last === undefined) return { maps: [], overlap: new Map(), answer: undefined };
  const maps = servers.map((server) => server.sessions);
  const known = found.get(last);
  if (known?.maps.length === maps.length && known.maps.every((map, at) => map === maps[at])) {
    return known;
  }
  const overlap = new Map<string, number[]>();
  const firstAt = new Map<string, number>();
  for (const [position, server] of servers.length < 2 ? [] : servers.entries()) {
    for (const id of rootIDs(server)) {
      const first = firstAt.get(id);
      if (first === undefined) {
        firstAt.set(id, position);
        continue;
      }
      const positions = overlap.get(id);
      if (positions === undefined) overlap.set(id, [first, position]);
      else positions.push(position);
    }
  }
  const next: Found = { maps, overlap, answer: undefined };
  found.set(last, next);
  return next;
}

/** Root sessions whose trees have something running. */
function workingRoots(server: ServerState): ReadonlySet<string> {
  const roots = new Set<string>();
  for (const [sessionID, { activity, compaction }] of server.live) {
    if (!hasRunningTurn(activity) && compaction === undefined) continue;
    let at = sessionID;
    for (let depth = 0; depth < 1000; depth++) {
      const parentID = server.sessions.get(at)?.parentID;
      if (parentID === undefined || !server.sessions.has(parentID)) break;
      at = parentID;
    }
    roots.add(at);
  }
  return roots;
}

/** Positions of the best server of each generation, starting with the one to show first. */
function bestOfEachGeneration(
  servers: readonly ServerState[],
  working: readonly ReadonlySet<string>[],
  rootID: string,
  positions: readonly number[],
): readonly number[] {
  const best: number[] = [];
  for (const position of positions) {
    const generation = servers[position]?.generation;
    const at = best.findIndex((other) => servers[other]?.generation === generation);
    if (at < 0) best.push(position);
    else if (isBetterSource(servers, working, rootID, position, best[at] ?? 0)) best[at] = position;
  }
  return best.length === 1 ? best : best.sort((a, b) => precedence(servers, a, b));
}

/** A connected server is preferred, then one that is running the tree, then the one with the newest row. */
function isBetterSource(
  servers: readonly ServerState[],
  working: readonly ReadonlySet<string>[],
  rootID: string,
  a: number,
  b: number,
): boolean {
  const connected = connectedRank(servers[a]) - connectedRank(servers[b]);
  if (connected !== 0) return connected > 0;
  const isWorking = working[a]?.has(rootID) === true;
  if (isWorking !== (working[b]?.has(rootID) === true)) return isWorking;
  const updatedMs = (at: number): number => servers[at]?.sessions.get(rootID)?.updatedMs ?? 0;
  return updatedMs(a) > updatedMs(b);
}

/** Connected servers come before lost ones, then those with a copy of the other's sessions. */
function precedence(servers: readonly ServerState[], a: number, b: number): number {
  const connected = connectedRank(servers[b]) - connectedRank(servers[a]);
  if (connected !== 0) return connected;
  const newerRank = (at: number): number =>
    servers[at]?.capabilities.has("importsSessions") === true ? 1 : 0;
  return newerRank(b) - newerRank(a);
}

function connectedRank(server: ServerState | undefined): number {
  return server?.connection.kind === "connected" ? 1 : 0;
}

/** Whether a copy has different figures, or is running and will have. */
function hasDiverged(
  servers: readonly ServerState[],
  working: readonly ReadonlySet<string>[],
  rootID: string,
  main: number,
  copy: number,
): boolean {
  const a = servers[main];
  const b = servers[copy];
  if (a === undefined || b === undefined) return false;
  return working[copy]?.has(rootID) === true || !hasSameFigures(a, b, rootID, 0);
}

const NONE: readonly string[] = [];

function hasSameFigures(a: ServerState, b: ServerState, sessionID: string, depth: number): boolean {
  const totals = a.sessions.get(sessionID)?.totals;
  const otherTotals = b.sessions.get(sessionID)?.totals;
  // Without totals there is nothing to compare yet.
  const isKnown = totals !== undefined && otherTotals !== undefined;
  if (isKnown && !sameTotals(totals, otherTotals)) return false;
  const children = a.children.get(sessionID) ?? NONE;
  const otherChildren = b.children.get(sessionID) ?? NONE;
  if (children.length !== otherChildren.length) return false;
  // The depth limit ends cycles in bad data.
  if (children.length === 0 || depth > 100) return true;
  return children.every((id) => b.sessions.has(id) && hasSameFigures(a, b, id, depth + 1));
}
