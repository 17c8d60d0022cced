import type { Changes } from "./changes.ts";
import { getLive, getServer, getSession, parentOf } from "./lookup.ts";
import type { PendingRequest, PermissionRequest, QuestionRequest } from "./request.ts";
import type { SessionRef } from "./session.ts";
import type { State } from "./state.ts";
import { turnEnds } from "./turnEnds.ts";

/*
 * What needs the user's attention, across all servers: requests of any session, and failed and finished turns of
 * root sessions. A child's end only concerns its parent, which continues with the result.
 */

/** One thing that needs the user's attention. `key` identifies it; `sinceMs` is by the local clock. */
export type AttentionItem = SessionRef & { readonly key: string; readonly sinceMs: number } & (
    | { readonly kind: "permission"; readonly request: PermissionRequest }
    | { readonly kind: "question"; readonly request: QuestionRequest }
    | { readonly kind: "failed"; readonly message: string }
    /** The turn ended while the user wasn't looking: see `noticeTurns`. */
    | { readonly kind: "finished" }
  );

/**
 * What the user has seen, in addition to the state. Session IDs are unique across servers, so two servers on one
 * database share the memory of a session. Times are by the local clock.
 */
export interface AttentionMemory {
  /** When the memory was created: failures before that are ignored. */
  readonly sinceMs: number;
  /** Turns that ended while the user wasn't looking, by session ID. */
  readonly finished: ReadonlyMap<string, { readonly serverID: string; readonly atMs: number }>;
  /** When the user dismissed a session's failures, by session ID. */
  readonly dismissedMs: ReadonlyMap<string, number>;
}

/** What the user is looking at: whether the window has focus, and its active session. */
export interface Presence {
  readonly isFocused: boolean;
  readonly active: SessionRef | undefined;
}

/** Limit for each kind of entry; the oldest are dropped. */
const MAX_REMEMBERED = 200;

export function newMemory(nowMs: number): AttentionMemory {
  return { sinceMs: nowMs, finished: new Map(), dismissedMs: new Map() };
}

/**
 * Records the turns that finished unseen between two states: they ended on their own, without an error, in a root
 * session, while the window had no focus or another active session. An entry is removed when the session runs
 * again, when the user looks at it (`looked`), or when it is gone.
 */
export function recordFinishedTurns(
  memory: AttentionMemory,
  before: State,
  after: State,
  changes: Changes,
  presence: Presence,
  nowMs: number,
): AttentionMemory {
  let { finished } = memory;
  for (const { serverID, sessionID, outcome } of turnEnds(before, after, changes)) {
    const ref = { serverID, sessionID };
    if (outcome !== "finished" || parentOf(after, ref) !== undefined) continue;
    if (isInView(sessionID, presence)) continue;
    finished = newest(new Map(finished).set(sessionID, { serverID, atMs: nowMs }));
  }
  for (const [sessionID, { serverID }] of finished) {
    if (!isObsolete(after, { serverID, sessionID })) continue;
    const left = new Map(finished);
    left.delete(sessionID);
    finished = left;
  }
  return finished === memory.finished ? memory : { ...memory, finished };
}

/** Forgets the finished turn of the session the user is looking at. */
export function afterLooking(memory: AttentionMemory, presence: Presence): AttentionMemory {
  const sessionID = presence.active?.sessionID;
  if (sessionID === undefined || !isInView(sessionID, presence)) return memory;
  return memory.finished.has(sessionID) ? withoutFinished(memory, sessionID) : memory;
}

/** Dismisses an item at the user's request. Requests cannot be dismissed: they have to be answered. */
export function dismiss(
  memory: AttentionMemory,
  { kind, sessionID }: AttentionItem,
  nowMs: number,
): AttentionMemory {
  if (kind === "finished") return withoutFinished(memory, sessionID);
  if (kind !== "failed") return memory;
  return { ...memory, dismissedMs: newest(new Map(memory.dismissedMs).set(sessionID, nowMs)) };
}

/**
 * What needs attention now, without duplicates: pending requests, then failures, then finished turns, each oldest
 * first. Requests of servers that aren't connected are omitted: nobody could answer them.
 */
export function attentionItems(state: State, memory: AttentionMemory): readonly AttentionItem[] {
  const items = new Map<string, AttentionItem>();
  for (const [serverID, server] of state.servers) {
    for (const [sessionID, live] of server.live) {
      const ref = { serverID, sessionID };
      if (server.connection.kind === "connected") {
        for (const request of live.requests) add(items, requestItem(ref, request));
      }
      if (live.error === undefined) continue;
      const failure = failureOf(state, ref, memory);
      if (failure !== undefined) add(items, failure);
    }
  }
  for (const [sessionID, { serverID, atMs }] of memory.finished) {
    const ref = { serverID, sessionID };
    if (getSession(state, ref) === undefined || isObsolete(state, ref)) continue;
    add(items, { ...ref, kind: "finished", key: `finished ${sessionID}`, sinceMs: atMs });
  }
  return [...items.values()].sort(
    (a, b) => GROUPS[a.kind] - GROUPS[b.kind] || a.sinceMs - b.sinceMs || (a.key < b.key ? -1 : 1),
  );
}

/** What blocks a session always comes before mere news. */
const GROUPS: Readonly<Record<AttentionItem["kind"], number>> = {
  permission: 0,
  question: 0,
  failed: 1,
  finished: 2,
};

/** The attention item for a request. */
export function requestItem(ref: SessionRef, request: PendingRequest): AttentionItem {
  const common = { ...ref, key: `request ${request.id}`, sinceMs: request.askedMs };
  return request.kind === "permission"
    ? { ...common, kind: "permission", request }
    : { ...common, kind: "question", request };
}

function add(items: Map<string, AttentionItem>, item: AttentionItem): void {
  const known = items.get(item.key);
  if (known === undefined || known.sinceMs > item.sinceMs) items.set(item.key, item);
}

function failureOf(
  state: State,
  ref: SessionRef,
  memory: AttentionMemory,
): AttentionItem | undefined {
  const { error, activity } = getLive(state, ref);
  if (error === undefined || activity.kind !== "idle" || error.atMs < memory.sinceMs)
    return undefined;
  const session = getSession(state, ref);
  if (session === undefined || session.archivedMs !== undefined) return undefined;
  if (parentOf(state, ref) !== undefined) return undefined;
  if (error.atMs <= (memory.dismissedMs.get(ref.sessionID) ?? Number.NEGATIVE_INFINITY)) {
    return undefined;
  }
  return {
    ...ref,
    kind: "failed",
    key: `failed ${ref.sessionID}`,
    message: error.message,
    sinceMs: error.atMs,
  };
}

/** Whether a finished turn is obsolete: the session runs again, failed, is archived, or is gone from its server. */
function isObsolete(state: State, ref: SessionRef): boolean {
  const session = getSession(state, ref);
  if (session === undefined) {
    return getServer(state, ref.serverID)?.connection.kind === "connected";
  }
  const { activity, error } = getLive(state, ref);
  return session.archivedMs !== undefined || activity.kind !== "idle" || error !== undefined;
}

function isInView(sessionID: string, { isFocused, active }: Presence): boolean {
  return isFocused && active?.sessionID === sessionID;
}

function withoutFinished(memory: AttentionMemory, sessionID: string): AttentionMemory {
  const finished = new Map(memory.finished);
  finished.delete(sessionID);
  return { ...memory, finished };
}

/** The most recently added entries: maps keep insertion order. */
function newest<T>(entries: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  return entries.size <= MAX_REMEMBERED
    ? entries
    : new Map([...entries].slice(entries.size - MAX_REMEMBERED));
}
