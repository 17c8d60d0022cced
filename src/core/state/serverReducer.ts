import type { ServerAction } from "./actions.ts";
import type { MessageAction } from "./messagesReducer.ts";
import { modelKey } from "./model.ts";
import { sameSession, sameTotals } from "./sameSession.ts";
import type { ServerDraft } from "./serverDraft.ts";
import type { Session } from "./session.ts";
import { applyToSession, withActivity, withoutSteps } from "./sessionReducer.ts";
import type { PendingRequest } from "./request.ts";
import { IDLE, type Live, NO_LIVE, UNKNOWN_ACTIVITY } from "./state.ts";

/** Actions about a server and its sessions, except for watched messages. */
export type FigureAction = Exclude<ServerAction, { type: MessageAction["type"] }>;

/** Applies an action to one server. Unknown sessions are ignored. */
export function applyToServer(draft: ServerDraft, action: FigureAction): void {
  switch (action.type) {
    case "connection.changed":
      draft.patch({ connection: action.connection });
      return;
    case "server.identified":
      draft.patch({
        version: action.version,
        generation: action.generation,
        capabilities: action.capabilities,
      });
      return;
    case "hostname.known":
      draft.patch({ hostname: action.hostname });
      return;
    case "projects.loaded":
      draft.patch({ projects: new Map(action.projects.map((project) => [project.id, project])) });
      return;
    case "models.loaded":
      draft.patch({
        models: new Map([
          ...draft.current.models,
          ...action.models.map((model) => [modelKey(model), model] as const),
        ]),
      });
      touchUnpriced(draft);
      return;
    case "costs.known": {
      const { costs: before, prices } = draft.current;
      draft.patch({ costs: action.costs, prices: action.prices });
      if (prices !== action.prices) touchUnpriced(draft);
      for (const id of new Set([...before.keys(), ...action.costs.keys()])) {
        if (before.get(id) !== action.costs.get(id) && draft.session(id) !== undefined) {
          draft.touch(id);
        }
      }
      return;
    }
    case "snapshot.loaded":
      applySnapshot(draft, action);
      return;
    case "activities.loaded":
      applyActivities(draft, action);
      return;
    case "activities.unknown":
      for (const sessionID of action.sessionIDs) {
        if (draft.session(sessionID) === undefined) continue;
        draft.putLive(sessionID, withActivity(draft.liveOf(sessionID), UNKNOWN_ACTIVITY));
      }
      return;
    case "session.upserted":
      upsertSession(draft, action.session, action.origin);
      return;
    case "request.opened": {
      const { request } = action;
      if (draft.session(request.sessionID) === undefined) return;
      const { requests } = draft.liveOf(request.sessionID);
      if (requests.some(({ id }) => id === request.id)) return;
      draft.patchLive(request.sessionID, { requests: [...requests, request] });
      return;
    }
    default:
      if (draft.session(action.sessionID) !== undefined) applyToSession(draft, action);
  }
}

/** Marks the sessions affected by a price change. */
function touchUnpriced(draft: ServerDraft): void {
  for (const session of draft.allSessions().values()) {
    // Only sessions without a recorded cost need a new price; those with a context have a new percentage.
    if (session.totals?.costUSD === 0 || draft.allLive().has(session.id)) draft.touch(session.id);
  }
}

function upsertSession(draft: ServerDraft, session: Session, origin: "read" | "event"): void {
  const previous = draft.session(session.id);
  const next =
    previous !== undefined && session.totals === undefined
      ? { ...session, totals: previous.totals }
      : session;
  if (previous === undefined || !sameSession(previous, next)) draft.putSession(next);
  const live = draft.liveOf(session.id);
  // Unchanged totals don't include the last steps yet: keep the overlay until they do.
  if (origin === "read" || !sameTotals(previous?.totals, next.totals)) {
    draft.putLive(session.id, withoutSteps(live));
  }
}

function applySnapshot(
  draft: ServerDraft,
  snapshot: Extract<ServerAction, { type: "snapshot.loaded" }>,
): void {
  const sessions = new Map<string, Session>();
  const isFirst = draft.allSessions().size === 0;
  for (const session of snapshot.sessions) {
    const previous = isFirst ? undefined : draft.session(session.id);
    if (previous === undefined) sessions.set(session.id, session);
    else {
      const next = session.totals === undefined ? { ...session, totals: previous.totals } : session;
      sessions.set(session.id, sameSession(previous, next) ? previous : next);
    }
  }
  draft.replaceSessions(sessions);

  for (const [sessionID, live] of draft.allLive()) {
    draft.putLive(sessionID, sessions.has(sessionID) ? withoutSteps(live) : NO_LIVE);
  }
  draft.patch({ snapshotMs: snapshot.atMs });
}

function applyActivities(
  draft: ServerDraft,
  action: Extract<ServerAction, { type: "activities.loaded" }>,
): void {
  const listed = new Map<string, PendingRequest[]>();
  for (const request of action.requests) {
    const others = listed.get(request.sessionID);
    if (others === undefined) listed.set(request.sessionID, [request]);
    else others.push(request);
  }
  const { scope } = action;
  const affectedIDs = new Set([...action.activities.keys(), ...listed.keys()]);
  if (scope.kind !== "named")
    for (const sessionID of draft.allLive().keys()) affectedIDs.add(sessionID);
  for (const sessionID of affectedIDs) {
    const session = draft.session(sessionID);
    if (session === undefined) continue;
    if (scope.kind === "directory" && session.directory !== scope.directory) continue;
    const live = draft.liveOf(sessionID);
    const next = action.except.has(sessionID)
      ? live
      : withActivity(live, action.activities.get(sessionID) ?? IDLE);
    const requests = requestsOf(live, next, listed.get(sessionID) ?? [], action.requestsExcept);
    if (sameRequests(next.requests, requests)) draft.putLive(sessionID, next);
    else if (sameRequests(live.requests, requests)) {
      draft.putLive(sessionID, { ...next, requests: live.requests });
    } else draft.putLive(sessionID, { ...next, requests });
  }
}

/**
 * What a session waits for: the requests listed in the response, except those the stream opened or closed since it
 * was requested. Known ones keep the time at which they were asked.
 */
function requestsOf(
  before: Live,
  { activity }: Live,
  listed: readonly PendingRequest[],
  except: ReadonlySet<string>,
): Live["requests"] {
  const opened = before.requests.filter(({ id }) => except.has(id));
  // A turn that has ended since took its requests with it.
  if (activity.kind === "idle") return opened;
  const pending = listed
    .filter(({ id }) => !except.has(id))
    .map((request) => before.requests.find((known) => known.id === request.id) ?? request);
  return [...pending, ...opened];
}

function sameRequests(a: Live["requests"], b: Live["requests"]): boolean {
  return a.length === b.length && a.every((request, index) => request.id === b[index]?.id);
}
