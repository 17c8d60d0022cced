import type { Changes } from "./changes.ts";
import { getLive, getServer, getSession, parentOf } from "./lookup.ts";
import type { PendingRequest, PermissionRequest, QuestionRequest } from "./request.ts";
import type { SessionRef } from "./session.ts";
import type { State } from "./state.ts";
import { turnEnds } from "./turnEnds.ts";

/*
 * What waits for a person, over all servers. Requests of any session; failures and finished turns of root
 * sessions: a child's end is its parent's business, which goes on with it.
 */

/** One thing that waits for a person. `key` is its identity, `sinceMs` since when, by our clock. */
export type AttentionItem = SessionRef & { readonly key: string; readonly sinceMs: number } & (
    | { readonly kind: "permission"; readonly request: PermissionRequest }
    | { readonly kind: "question"; readonly request: QuestionRequest }
    | { readonly kind: "failed"; readonly message: string }
    /** The turn ended while nobody looked: see `noticeTurns`. */
    | { readonly kind: "finished" }
  );

/**
 * What has been seen, beyond the state. Session ids are unique over all servers, so two servers on one
 * database share the memory of a session. Times are by our clock.
 */
export interface AttentionMemory {
  /** When the memory began: failures before that are old news. */
  readonly sinceMs: number;
  /** Turns that ended while nobody looked, by session id. */
  readonly finished: ReadonlyMap<string, { readonly serverID: string; readonly atMs: number }>;
  /** When a person dismissed a session's failures, by session id. */
  readonly dismissedMs: ReadonlyMap<string, number>;
}

/** Who looks: whether the window has the focus, and the session it is about. */
export interface Presence {
  readonly isFocused: boolean;
  readonly active: SessionRef | undefined;
}

/** More is not remembered: the oldest go. */
const MOST_REMEMBERED = 200;

export function newMemory(nowMs: number): AttentionMemory {
  return { sinceMs: nowMs, finished: new Map(), dismissedMs: new Map() };
}

/**
 * Takes in what happened between two states. A turn has finished «while away» when it ended by itself,
 * without an error, in a root session, while the window had no focus or was about another session. It is
 * forgotten when the session works again, when it is looked at (`looked`), or when it is gone.
 */
export function noticeTurns(
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
    if (isLookedAt(sessionID, presence)) continue;
    finished = newest(new Map(finished).set(sessionID, { serverID, atMs: nowMs }));
  }
  for (const [sessionID, { serverID }] of finished) {
    if (!isOver(after, { serverID, sessionID })) continue;
    const left = new Map(finished);
    left.delete(sessionID);
    finished = left;
  }
  return finished === memory.finished ? memory : { ...memory, finished };
}

/** A person looks: the finished turn of the session in front of them is no news any more. */
export function looked(memory: AttentionMemory, presence: Presence): AttentionMemory {
  const sessionID = presence.active?.sessionID;
  if (sessionID === undefined || !isLookedAt(sessionID, presence)) return memory;
  return memory.finished.has(sessionID) ? withoutFinished(memory, sessionID) : memory;
}

/** A person has seen an item and wants it gone. Requests cannot be dismissed: they are answered. */
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
 * What waits now, each once: what waits for an answer, then what failed, then what finished, each oldest first. Requests
 * of a server that is not connected are left out: nobody could answer them.
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
    if (getSession(state, ref) === undefined || isOver(state, ref)) continue;
    add(items, { ...ref, kind: "finished", key: `finished ${sessionID}`, sinceMs: atMs });
  }
  return [...items.values()].sort(
    (a, b) => GROUPS[a.kind] - GROUPS[b.kind] || a.sinceMs - b.sinceMs || (a.key < b.key ? -1 : 1),
  );
}

/** What blocks a session never sinks below what is only news. */
const GROUPS: Readonly<Record<AttentionItem["kind"], number>> = {
  permission: 0,
  question: 0,
  failed: 1,
  finished: 2,
};

/** The item of a request, as attention lists it. */
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

/** Whether a finished turn is no news: the session works again, is archived, or its server says it is gone. */
function isOver(state: State, ref: SessionRef): boolean {
  const session = getSession(state, ref);
  if (session === undefined) {
    return getServer(state, ref.serverID)?.connection.kind === "connected";
  }
  const { activity, error } = getLive(state, ref);
  return session.archivedMs !== undefined || activity.kind !== "idle" || error !== undefined;
}

function isLookedAt(sessionID: string, { isFocused, active }: Presence): boolean {
  return isFocused && active?.sessionID === sessionID;
}

function withoutFinished(memory: AttentionMemory, sessionID: string): AttentionMemory {
  const finished = new Map(memory.finished);
  finished.delete(sessionID);
  return { ...memory, finished };
}

/** The entries that came last, as maps keep them in the order in which they were first set. */
function newest<T>(entries: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  return entries.size <= MOST_REMEMBERED
    ? entries
    : new Map([...entries].slice(entries.size - MOST_REMEMBERED));
}
