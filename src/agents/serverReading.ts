/**
 * The room `agents`: what agents and programs may ask about OpenCode's sessions, over the Model Context
 * Protocol, on the command line, as a language-model tool and through the extension's own interface. Except
 * for the files that register something in VS Code, all of it runs in plain Node.
 */
import type { Action } from "../core/state/actions.ts";
import type { Endpoint } from "../core/state/endpoint.ts";
import type { PriceTable } from "../core/ledger/ledgerQuery.ts";
import type { Message } from "../core/state/message.ts";
import { allMessages, pageQuery } from "../core/state/messagePages.ts";
import { type Result, failed, ok } from "../core/result.ts";
import type { Session } from "../core/state/session.ts";
import type { State } from "../core/state/state.ts";
import { Store } from "../core/state/store.ts";
import type { Usage } from "../core/usage/usage.ts";
import type { ServerAdapter } from "../server/adapter.ts";
import { createAdapter } from "../server/createAdapter.ts";
import { type DetectedServer, detectServer } from "../server/detectServer.ts";
import type { Gateway } from "../server/gateway.ts";
import type { ServerAccess } from "../server/http.ts";
import { learnFromMessages } from "../server/lastMessages.ts";

/** A server to be read, with the credentials it requires. */
export interface ServerLogin {
  readonly access: ServerAccess;
  readonly name: string;
  /** Its process, if known. */
  readonly pid: number | undefined;
}

const PAGE_SIZE = 500;

/**
 * One look at a server: what is requested is read from it now, so that every figure is the server's own.
 * Keeps no connection open. Created for each question.
 */
export class ServerReading {
  readonly endpoint: Endpoint;
  readonly sessions: readonly Session[];
  readonly #adapter: ServerAdapter;
  readonly #store = new Store();
  readonly #read = new Map<string, readonly Message[]>();

  private constructor(
    endpoint: Endpoint,
    adapter: ServerAdapter,
    detected: DetectedServer,
    sessions: readonly Session[],
  ) {
    this.endpoint = endpoint;
    this.#adapter = adapter;
    this.sessions = sessions;
    const { serverID } = endpoint;
    const nowMs = Date.now();
    this.#apply({ type: "server.found", endpoint });
    this.#apply({
      type: "server.identified",
      serverID,
      version: detected.version,
      generation: adapter.generation,
      capabilities: adapter.capabilities,
    });
    this.#apply({
      type: "connection.changed",
      serverID,
      connection: { kind: "connected", sinceMs: nowMs },
    });
    this.#apply({ type: "snapshot.loaded", serverID, sessions, atMs: nowMs });
  }

  /** Finds out what answers, and reads its sessions and its model catalogue. */
  static async begin(login: ServerLogin, signal?: AbortSignal): Promise<Result<ServerReading>> {
    const { access, name, pid } = login;
    const detected = await detectServer(access, signal);
    if (!detected.ok) return detected;
    const adapter = await createAdapter(detected.value, access.url, access);
    const [sessions, models] = await Promise.all([
      adapter.gateway.listSessions(signal),
      adapter.gateway.models(undefined, signal),
    ]);
    if (!sessions.ok) return sessions;
    const endpoint: Endpoint = {
      serverID: access.url,
      url: access.url,
      name,
      origin: "settings",
      username: access.username,
      directory: undefined,
      pid: pid ?? detected.value.pid,
    };
    const reading = new ServerReading(endpoint, adapter, detected.value, sessions.value);
    if (models.ok) {
      reading.#apply({ type: "models.loaded", serverID: access.url, models: models.value });
    }
    return ok(reading);
  }

  get gateway(): Gateway {
    return this.#adapter.gateway;
  }

  /** Where the server keeps its files on its machine, if it reports that. */
  get folders(): ServerAdapter["folders"] {
    return this.#adapter.folders;
  }

  /** Everything read so far. */
  get state(): State {
    this.#store.flush();
    return this.#store.state;
  }

  /**
   * Reads what the sessions of some directories are doing and waiting for; returns the ids of those running.
   * If it can't be read, their states are unknown.
   */
  async readActivities(directories: Iterable<string>): Promise<ReadonlySet<string>> {
    const busy = new Set<string>();
    const asked = this.#adapter.reportsAllActivities ? [undefined] : [...new Set(directories)];
    const { serverID } = this.endpoint;
    await Promise.all(
      asked.map(async (directory) => {
        const answer = await this.gateway.activities(directory);
        if (!answer.ok) {
          const sessionIDs = this.sessions
            .filter((session) => directory === undefined || session.directory === directory)
            .map(({ id }) => id);
          this.#apply({ type: "activities.unknown", serverID, sessionIDs });
          return;
        }
        const { activities, requests } = answer.value;
        for (const sessionID of activities.keys()) busy.add(sessionID);
        this.#apply({
          type: "activities.loaded",
          serverID,
          scope: directory === undefined ? { kind: "all" } : { kind: "directory", directory },
          activities,
          requests,
          except: new Set(),
          requestsExcept: new Set(),
        });
      }),
    );
    return busy;
  }

  /** Reads the model catalogue of one directory, which may have models of its own. */
  async readModels(directory: string): Promise<void> {
    const models = await this.gateway.models(directory);
    const { serverID } = this.endpoint;
    if (models.ok) this.#apply({ type: "models.loaded", serverID, models: models.value });
  }

  /** Reads all messages of a session: its turns, its context, and how the last turn ended. */
  async readMessages(sessionID: string): Promise<Result<readonly Message[]>> {
    const known = this.#read.get(sessionID);
    if (known !== undefined) return ok(known);
    const answer = await allMessages((before) =>
      this.gateway.listMessages(sessionID, pageQuery(PAGE_SIZE, before)),
    );
    if (!answer.ok) return answer;
    const messages = answer.value;
    this.#read.set(sessionID, messages);
    const { serverID } = this.endpoint;
    this.#apply({
      type: "messages.loaded",
      serverID,
      sessionID,
      messages,
      isComplete: true,
      error: undefined,
    });
    for (const action of learnFromMessages(sessionID, messages, true)) {
      this.#apply({ ...action, serverID });
    }
    return ok(messages);
  }

  /** A page of a session's messages; all of them at once if they have been read. */
  async listMessages(
    ...[sessionID, page, signal]: Parameters<Gateway["listMessages"]>
  ): ReturnType<Gateway["listMessages"]> {
    const messages = this.#read.get(sessionID);
    if (messages !== undefined) return ok({ messages, olderCursor: undefined });
    return await this.gateway.listMessages(sessionID, page, signal);
  }

  /** Takes over the costs of sessions from a history, and the prices they are based on. */
  learnCosts(costs: ReadonlyMap<string, Usage>, prices: PriceTable): void {
    this.#apply({ type: "costs.known", serverID: this.endpoint.serverID, costs, prices });
  }

  /** Sums the totals of sessions whose server has none: OpenCode before 1.14.49. */
  async sumMissingTotals(sessionIDs: Iterable<string>): Promise<Result<undefined>> {
    const { serverID } = this.endpoint;
    for (const sessionID of sessionIDs) {
      const session = this.state.servers.get(serverID)?.sessions.get(sessionID);
      if (session === undefined || session.totals !== undefined) continue;
      const totals = await this.gateway.sumTotals(sessionID);
      if (!totals.ok && totals.error.reason !== "notFound") return failed(totals.error);
      if (totals.ok) {
        this.#apply({ type: "session.totals", serverID, sessionID, totals: totals.value });
      }
    }
    return ok(undefined);
  }

  #apply(action: Action): void {
    this.#store.dispatch(action);
  }
}
