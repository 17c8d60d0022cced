import type { Action } from "./actions.ts";
import { NO_CAPABILITIES } from "./capabilities.ts";
import type { Changes } from "./changes.ts";
import { reduceCluster } from "./clusterReducer.ts";
import { type MessageAction, nextMessages } from "./messagesReducer.ts";
import { ServerDraft } from "./serverDraft.ts";
import { applyToServer } from "./serverReducer.ts";
import { sessionKey, type SessionKey } from "./session.ts";
import type { ServerState, State } from "./state.ts";

/**
 * The only source of new state: applies a batch of actions and returns what changed. Pure and total: unknown
 * servers and sessions are ignored, and applying a batch twice changes nothing.
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
  readonly #before: State;
  #servers: Map<string, ServerState>;
  #messages: State["messages"];
  readonly #drafts = new Map<string, ServerDraft>();
  readonly #changedMessages = new Set<SessionKey>();
  readonly #changedSessions = new Set<SessionKey>();
  readonly #changedServers = new Set<string>();
  #clusters: State["clusters"];
  readonly #changedClusters = new Set<string>();
  #hasStructureChanged = false;

  constructor(state: State) {
    this.#before = state;
    this.#servers = new Map(state.servers);
    this.#messages = state.messages;
    this.#clusters = state.clusters;
  }

  apply(action: Action): void {
    switch (action.type) {
      case "server.found":
        this.#addServer(action.endpoint);
        return;
      case "server.removed":
        this.#removeServer(action.serverID);
        return;
      case "messages.loaded":
      case "message.upserted":
      case "message.removed":
      case "messages.dropped":
      case "part.upserted":
      case "part.streamed":
        this.#applyToMessages(action);
        return;
      case "namespace.found":
      case "namespace.removed":
      case "namespace.changed":
      case "agentLink.changed":
      case "clusterObjects.listed":
      case "clusterObject.upserted":
      case "clusterObject.removed": {
        const { clusters, changed, structure } = reduceCluster(this.#clusters, action);
        this.#clusters = clusters;
        for (const key of changed) this.#changedClusters.add(key);
        this.#hasStructureChanged ||= structure;
        return;
      }
      default: {
        const draft = this.#draft(action.serverID);
        if (draft !== undefined) applyToServer(draft, action);
      }
    }
  }

  finish(): { readonly state: State; readonly changes: Changes } {
    for (const [serverID, draft] of this.#drafts) {
      const { server, changed } = draft.finish();
      this.#servers.set(serverID, server);
      for (const key of changed) this.#changedSessions.add(key);
      if (draft.hasServerChanged) this.#changedServers.add(serverID);
      this.#hasStructureChanged ||= draft.hasStructureChanged;
    }
    const haveServers = this.#drafts.size > 0 || this.#changedServers.size > 0;
    const isSame =
      !haveServers && this.#changedMessages.size === 0 && this.#changedClusters.size === 0;
    // Keep unchanged parts identical, so that consumers can compare by reference.
    const servers = haveServers ? this.#servers : this.#before.servers;
    return {
      state: isSame
        ? this.#before
        : { servers, messages: this.#messages, clusters: this.#clusters },
      changes: {
        sessions: this.#changedSessions,
        servers: this.#changedServers,
        structure: this.#hasStructureChanged,
        messages: this.#changedMessages,
        clusters: this.#changedClusters,
      },
    };
  }

  #draft(serverID: string): ServerDraft | undefined {
    const known = this.#drafts.get(serverID);
    if (known !== undefined) return known;
    const server = this.#servers.get(serverID);
    if (server === undefined) return undefined;
    const draft = new ServerDraft(server);
    this.#drafts.set(serverID, draft);
    return draft;
  }

  #addServer(endpoint: ServerState["endpoint"]): void {
    const draft = this.#draft(endpoint.serverID);
    if (draft !== undefined) {
      draft.patch({ endpoint });
      return;
    }
    this.#servers.set(endpoint.serverID, {
      endpoint,
      connection: { kind: "connecting" },
      version: undefined,
      generation: undefined,
      capabilities: NO_CAPABILITIES,
      hostname: undefined,
      projects: new Map(),
      models: new Map(),
      costs: new Map(),
      prices: new Map(),
      sessions: new Map(),
      children: new Map(),
      trees: new Map(),
      live: new Map(),
      snapshotMs: undefined,
    });
    this.#changedServers.add(endpoint.serverID);
    this.#hasStructureChanged = true;
  }

  #removeServer(serverID: string): void {
    if (!this.#servers.delete(serverID)) return;
    this.#drafts.delete(serverID);
    this.#changedServers.add(serverID);
    this.#hasStructureChanged = true;
    const messages = new Map(this.#messages);
    for (const key of messages.keys()) {
      if (key.endsWith(`@${serverID}`)) {
        messages.delete(key);
        this.#changedMessages.add(key);
      }
    }
    this.#messages = messages;
  }

  #applyToMessages(action: MessageAction): void {
    const key = sessionKey(action.serverID, action.sessionID);
    const known = this.#messages.get(key);
    const next = nextMessages(known, action);
    if (next === known) return;
    const messages = new Map(this.#messages);
    if (next === undefined) messages.delete(key);
    else messages.set(key, next);
    this.#messages = messages;
    this.#changedMessages.add(key);
  }
}
