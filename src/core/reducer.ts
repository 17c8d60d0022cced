import type { Action, ServerAction, SessionAction } from "./actions.ts";
import { assertNever } from "./assertNever.ts";
import { NO_CAPABILITIES } from "./capabilities.ts";
import type { Changes } from "./changes.ts";
import { addMessages, removeMessage, upsertMessage } from "./messagesReducer.ts";
import { modelKey } from "./model.ts";
import { sameSession, sameTotals } from "./sameSession.ts";
import { ServerDraft } from "./serverDraft.ts";
import { sessionKey, type Session, type SessionKey } from "./session.ts";
import { IDLE, type Live, NO_LIVE, type ServerState, type State } from "./state.ts";

/**
 * The only place where state comes from: applies a batch of actions and tells what changed. Pure and
 * total: unknown servers and sessions are left alone, a batch applied twice changes nothing.
 */
export function reduce(
  state: State,
  actions: readonly Action[],
): { readonly state: State; readonly changes: Changes } {
  const batch = new Batch(state);
  for (const action of actions) batch.apply(action);
  return batch.finish();
}

class Batch {
  private readonly before: State;
  private servers: Map<string, ServerState>;
  private messages: State["messages"];
  private readonly drafts = new Map<string, ServerDraft>();
  private readonly changedMessages = new Set<SessionKey>();
  private readonly changedSessions = new Set<SessionKey>();
  private readonly changedServers = new Set<string>();
  private hasStructureChanged = false;

  constructor(state: State) {
    this.before = state;
    this.servers = new Map(state.servers);
    this.messages = state.messages;
  }

  apply(action: Action): void {
    switch (action.type) {
      case "server.found":
        this.addServer(action.endpoint);
        return;
      case "server.removed":
        this.removeServer(action.serverID);
        return;
      case "messages.loaded":
      case "message.upserted":
      case "message.removed":
      case "messages.dropped":
        this.applyToMessages(action);
        return;
      default: {
        const draft = this.draft(action.serverID);
        if (draft !== undefined) applyToServer(draft, action);
      }
    }
  }

  finish(): { readonly state: State; readonly changes: Changes } {
    for (const [serverID, draft] of this.drafts) {
      const { server, changed } = draft.finish();
      this.servers.set(serverID, server);
      for (const key of changed) this.changedSessions.add(key);
      if (draft.hasServerChanged) this.changedServers.add(serverID);
      this.hasStructureChanged ||= draft.hasStructureChanged;
    }
    return {
      state:
        this.drafts.size > 0 || this.changedServers.size > 0 || this.changedMessages.size > 0
          ? { servers: this.servers, messages: this.messages }
          : this.before,
      changes: {
        sessions: this.changedSessions,
        servers: this.changedServers,
        structure: this.hasStructureChanged,
        messages: this.changedMessages,
      },
    };
  }

  private draft(serverID: string): ServerDraft | undefined {
    const known = this.drafts.get(serverID);
    if (known !== undefined) return known;
    const server = this.servers.get(serverID);
    if (server === undefined) return undefined;
    const draft = new ServerDraft(server);
    this.drafts.set(serverID, draft);
    return draft;
  }

  private addServer(endpoint: ServerState["endpoint"]): void {
    const draft = this.draft(endpoint.serverID);
    if (draft !== undefined) {
      draft.patch({ endpoint });
      return;
    }
    this.servers.set(endpoint.serverID, {
      endpoint,
      connection: { kind: "connecting" },
      version: undefined,
      generation: undefined,
      capabilities: NO_CAPABILITIES,
      hostname: undefined,
      projects: new Map(),
      models: new Map(),
      sessions: new Map(),
      children: new Map(),
      trees: new Map(),
      live: new Map(),
      snapshotMs: undefined,
    });
    this.changedServers.add(endpoint.serverID);
    this.hasStructureChanged = true;
  }

  private removeServer(serverID: string): void {
    if (!this.servers.delete(serverID)) return;
    this.drafts.delete(serverID);
    this.changedServers.add(serverID);
    this.hasStructureChanged = true;
    const messages = new Map(this.messages);
    for (const key of messages.keys()) {
      if (key.endsWith(`@${serverID}`)) {
        messages.delete(key);
        this.changedMessages.add(key);
      }
    }
    this.messages = messages;
  }

  private applyToMessages(
    action: Extract<
      Action,
      {
        type: "messages.loaded" | "message.upserted" | "message.removed" | "messages.dropped";
      }
    >,
  ): void {
    const key = sessionKey(action.serverID, action.sessionID);
    const known = this.messages.get(key);
    // Only watched sessions keep messages: a watch begins with the first page.
    if (known === undefined && action.type !== "messages.loaded") return;
    const messages = new Map(this.messages);
    if (action.type === "messages.loaded") {
      messages.set(key, addMessages(known, action.messages, action.isComplete, action.error));
    } else if (action.type === "messages.dropped" || known === undefined) {
      messages.delete(key);
    } else if (action.type === "message.upserted") {
      messages.set(key, upsertMessage(known, action.message));
    } else {
      messages.set(key, removeMessage(known, action.messageID));
    }
    this.messages = messages;
    this.changedMessages.add(key);
  }
}

type FigureAction = Exclude<
  ServerAction,
  { type: "messages.loaded" | "message.upserted" | "message.removed" | "messages.dropped" }
>;

function applyToServer(draft: ServerDraft, action: FigureAction): void {
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
      draft.patch({ models: new Map(action.models.map((model) => [modelKey(model), model])) });
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
    case "session.upserted":
      upsertSession(draft, action.session, action.origin);
      return;
    case "request.opened": {
      const { request } = action;
      if (draft.session(request.sessionID) === undefined) return;
      const { requests } = draft.liveOf(request.sessionID);
      draft.patchLive(request.sessionID, {
        requests: [...requests.filter((other) => other.id !== request.id), request],
      });
      return;
    }
    default:
      if (draft.session(action.sessionID) !== undefined) applyToSession(draft, action);
  }
}

type KnownSessionAction = Exclude<
  SessionAction,
  {
    type:
      | "session.upserted"
      | "request.opened"
      | "messages.loaded"
      | "message.upserted"
      | "message.removed"
      | "messages.dropped";
  }
>;

function applyToSession(draft: ServerDraft, action: KnownSessionAction): void {
  const { sessionID } = action;
  const live = draft.liveOf(sessionID);
  switch (action.type) {
    case "session.changed": {
      const session = draft.session(sessionID);
      if (session !== undefined) draft.putSession({ ...session, ...action.changes });
      return;
    }
    case "session.removed":
      draft.removeSession(sessionID);
      return;
    case "session.totals": {
      const session = draft.session(sessionID);
      if (session === undefined || sameTotals(session.totals, action.totals)) return;
      draft.putSession({ ...session, totals: action.totals });
      draft.putLive(sessionID, withoutSteps(live));
      return;
    }
    case "activity.changed":
      draft.putLive(sessionID, withActivity(live, action.activity));
      return;
    case "step.started":
      draft.patchLive(sessionID, {
        model: action.model ?? live.model,
        agent: action.agent ?? live.agent,
        streamedCharacters: 0,
        // A step that begins is the answer to what waited.
        queuedPrompts: 0,
      });
      return;
    case "text.streamed":
      draft.patchLive(sessionID, {
        streamedCharacters: live.streamedCharacters + action.characters,
      });
      return;
    case "step.ended": {
      if (live.countedStepID !== undefined && action.stepID <= live.countedStepID) return;
      draft.patchLive(sessionID, {
        steps: new Map(live.steps).set(action.stepID, action.step),
        lastStep: action.step,
        streamedCharacters: 0,
      });
      return;
    }
    case "context.known":
      draft.patchLive(sessionID, { context: action.context });
      return;
    case "compaction.started":
      draft.patchLive(sessionID, {
        compaction: { sinceMs: live.compaction?.sinceMs ?? action.atMs, isAuto: action.isAuto },
      });
      return;
    case "compaction.ended":
      draft.patchLive(sessionID, {
        compaction: undefined,
        ...(action.error === undefined
          ? {}
          : { error: { message: action.error, atMs: live.lastEventMs ?? 0 } }),
      });
      return;
    case "request.closed":
      draft.patchLive(sessionID, {
        requests: live.requests.filter((request) => request.id !== action.requestID),
      });
      return;
    case "tool.running":
      draft.patchLive(sessionID, {
        tools: [...live.tools.filter((tool) => tool.callID !== action.tool.callID), action.tool],
      });
      return;
    case "tool.ended":
      if (live.tools.some((tool) => tool.callID === action.callID)) {
        draft.patchLive(sessionID, {
          tools: live.tools.filter((tool) => tool.callID !== action.callID),
        });
      }
      return;
    case "todo.changed":
      draft.patchLive(sessionID, { todo: { done: action.done, total: action.total } });
      return;
    case "session.failed":
      draft.patchLive(sessionID, { error: { message: action.message, atMs: action.atMs } });
      return;
    case "prompts.queued":
      if (live.queuedPrompts !== action.count) {
        draft.patchLive(sessionID, { queuedPrompts: action.count });
      }
      return;
    case "messages.counted":
      if (live.messageCount !== action.count) {
        draft.patchLive(sessionID, { messageCount: action.count });
      }
      return;
    default:
      assertNever(action);
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

function withoutSteps(live: Live): Live {
  if (live.steps.size === 0) return live;
  let countedStepID = live.countedStepID;
  for (const id of live.steps.keys()) {
    if (countedStepID === undefined || id > countedStepID) countedStepID = id;
  }
  return { ...live, steps: NO_LIVE.steps, countedStepID };
}

function withActivity(live: Live, activity: Live["activity"]): Live {
  if (activity.kind === "idle") {
    if (
      live.activity.kind === "idle" &&
      live.tools.length === 0 &&
      live.streamedCharacters === 0 &&
      live.compaction === undefined &&
      live.queuedPrompts === 0
    ) {
      return live;
    }
    return {
      ...live,
      activity: IDLE,
      tools: [],
      streamedCharacters: 0,
      compaction: undefined,
      queuedPrompts: 0,
    };
  }
  const isNewTurn = live.activity.kind === "idle";
  if (activity.kind === "working" && live.activity.kind === "working") return live;
  return {
    ...live,
    activity: isNewTurn ? activity : { ...activity, sinceMs: live.activity.sinceMs },
    error: isNewTurn ? undefined : live.error,
  };
}

function applySnapshot(
  draft: ServerDraft,
  snapshot: Extract<ServerAction, { type: "snapshot.loaded" }>,
): void {
  const sessions = new Map<string, Session>();
  for (const session of snapshot.sessions) {
    const previous = draft.session(session.id);
    if (previous === undefined) sessions.set(session.id, session);
    else {
      const next = session.totals === undefined ? { ...session, totals: previous.totals } : session;
      sessions.set(session.id, sameSession(previous, next) ? previous : next);
    }
  }
  draft.replaceSessions(sessions);

  const requestsBySession = new Map<string, Live["requests"]>();
  for (const request of snapshot.requests) {
    const others = requestsBySession.get(request.sessionID) ?? [];
    requestsBySession.set(request.sessionID, [...others, request]);
  }
  const moving = new Set([
    ...draft.allLive().keys(),
    ...snapshot.activities.keys(),
    ...requestsBySession.keys(),
  ]);
  for (const sessionID of moving) {
    if (!sessions.has(sessionID)) {
      draft.putLive(sessionID, NO_LIVE);
      continue;
    }
    const live = withoutSteps(draft.liveOf(sessionID));
    const activity = snapshot.activities.get(sessionID) ?? IDLE;
    const requests = requestsBySession.get(sessionID) ?? NO_LIVE.requests;
    const next = withActivity(live, activity);
    draft.putLive(sessionID, sameRequests(next.requests, requests) ? next : { ...next, requests });
  }
  draft.patch({ snapshotMs: snapshot.atMs });
}

function sameRequests(a: Live["requests"], b: Live["requests"]): boolean {
  return a.length === b.length && a.every((request, index) => request.id === b[index]?.id);
}
