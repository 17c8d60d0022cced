import type { ServerAction } from "./actions.ts";
import { modelKey } from "./model.ts";
import { sameSession, sameTotals } from "./sameSession.ts";
import type { ServerDraft } from "./serverDraft.ts";
import type { Session } from "./session.ts";
import { applyToSession, withActivity, withoutSteps } from "./sessionReducer.ts";
import { IDLE, type Live, NO_LIVE } from "./state.ts";

/** Actions about a server and its sessions, but for watched messages. */
export type FigureAction = Exclude<
  ServerAction,
  {
    type:
      | "messages.loaded"
      | "messages.dropped"
      | "message.upserted"
      | "message.removed"
      | "part.upserted"
      | "part.streamed";
  }
>;

/** Applies an action to one server. Unknown sessions are left alone. */
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
      for (const session of draft.allSessions().values()) {
        // Only a session without a recorded cost can be priced anew; one with a context has a new %.
        if (session.totals?.costUSD === 0 || draft.allLive().has(session.id)) {
          draft.touch(session.id);
        }
      }
      return;
    case "snapshot.loaded":
      applySnapshot(draft, action);
      return;
    case "activities.loaded":
      applyActivities(draft, action);
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

function upsertSession(draft: ServerDraft, session: Session, origin: "read" | "event"): void {
  const previous = draft.session(session.id);
  const next =
    previous !== undefined && session.totals === undefined
      ? { ...session, totals: previous.totals }
      : session;
  if (previous === undefined || !sameSession(previous, next)) draft.putSession(next);
  const live = draft.liveOf(session.id);
  // Totals that did not move do not hold the last steps yet: the overlay stays until they do.
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
  const requestsBySession = new Map<string, Live["requests"]>();
  for (const request of action.requests) {
    const others = requestsBySession.get(request.sessionID) ?? [];
    requestsBySession.set(request.sessionID, [...others, request]);
  }
  const moving = new Set([
    ...draft.allLive().keys(),
    ...action.activities.keys(),
    ...requestsBySession.keys(),
  ]);
  for (const sessionID of moving) {
    const session = draft.session(sessionID);
    if (session === undefined || action.except.has(sessionID)) continue;
    if (action.directory !== undefined && session.directory !== action.directory) continue;
    const live = draft.liveOf(sessionID);
    const next = withActivity(live, action.activities.get(sessionID) ?? IDLE);
    // What is known already keeps the time at which it was asked.
    const requests = (requestsBySession.get(sessionID) ?? NO_LIVE.requests).map(
      (request) => live.requests.find((known) => known.id === request.id) ?? request,
    );
    if (sameRequests(next.requests, requests)) draft.putLive(sessionID, next);
    else if (sameRequests(live.requests, requests)) {
      draft.putLive(sessionID, { ...next, requests: live.requests });
    } else draft.putLive(sessionID, { ...next, requests });
  }
}

function sameRequests(a: Live["requests"], b: Live["requests"]): boolean {
  return a.length === b.length && a.every((request, index) => request.id === b[index]?.id);
}
