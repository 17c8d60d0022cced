import type { Endpoint } from "../core/state/endpoint.ts";
import type { Log } from "../core/log.ts";
import type { SessionRef } from "../core/state/session.ts";
import type { State } from "../core/state/state.ts";
import type { Dispatch } from "../core/state/store.ts";
import { Connection, type Credentials } from "./connection.ts";
import type { Gateway } from "./gateway.ts";
import { logRefusedIDs } from "./refusedIDs.ts";
import { Watches } from "./watches.ts";

export interface ServerPoolOptions {
  readonly dispatch: Dispatch;
  readonly getState: () => State;
  readonly credentials: Credentials;
  readonly log: Log;
}

/** The connections to all servers. Owns them: `dispose` closes every stream. */
export class ServerPool {
  readonly #options: ServerPoolOptions;
  readonly #connections = new Map<string, Connection>();
  /** By server id. They outlive connections: panels keep showing a server that moves under the same id. */
  readonly #watches = new Map<string, Watches>();

  readonly #stopLogging: () => void;

  constructor(options: ServerPoolOptions) {
    this.#options = options;
    this.#stopLogging = logRefusedIDs(options.log);
  }

  /** Connects to new endpoints, drops absent ones, and makes a new connection if the address changed. */
  setEndpoints(endpoints: readonly Endpoint[]): void {
    const wanted = new Map(endpoints.map((endpoint) => [endpoint.serverID, endpoint]));
    for (const [serverID, connection] of this.#connections) {
      const next = wanted.get(serverID);
      if (next !== undefined && isSameAddress(next, connection.endpoint)) {
        connection.update(next);
        continue;
      }
      this.#connections.delete(serverID);
      void connection.dispose();
      // A server that moved keeps its sessions: the next snapshot shows what became of them.
      if (next === undefined) this.#options.dispatch({ type: "server.removed", serverID });
    }
    for (const endpoint of endpoints) {
      this.#options.dispatch({ type: "server.found", endpoint });
      if (this.#connections.has(endpoint.serverID)) continue;
      const connection = new Connection(endpoint, {
        dispatch: this.#options.dispatch,
        getServer: () => this.#options.getState().servers.get(endpoint.serverID),
        credentials: this.#options.credentials,
        watches: this.#watchesOf(endpoint.serverID),
        log: this.#options.log,
      });
      this.#connections.set(endpoint.serverID, connection);
      connection.start();
    }
  }

  /** The gateway of a server that has answered at least once. */
  gateway(serverID: string): Gateway | undefined {
    return this.#connections.get(serverID)?.gateway;
  }

  /** OpenCode's database behind a server on this machine; undefined for other servers, or if unknown. */
  async databaseFile(serverID: string): Promise<string | undefined> {
    return await this.#connections.get(serverID)?.databaseFile();
  }

  /** Tries one server, or all, now instead of when the next attempt is due. */
  reconnect(serverID?: string): void {
    for (const connection of this.#chosen(serverID)) connection.reconnect();
  }

  /** Reads one server, or all, again. */
  async refresh(serverID?: string): Promise<void> {
    await Promise.all(this.#chosen(serverID).map((connection) => connection.refresh()));
  }

  /**
   * Loads a session's messages into the store, newest first, and keeps them live until the returned function
   * is called. Several callers may watch one session, even on a server that isn't there yet.
   */
  watch({ serverID, sessionID }: SessionRef): () => void {
    return this.#watchesOf(serverID).watch(sessionID);
  }

  /** Reads the last messages of these sessions, once per change, to learn how full their contexts are. */
  learnContext(refs: readonly SessionRef[]): void {
    const byServer = new Map<string, string[]>();
    for (const ref of refs) {
      const ids = byServer.get(ref.serverID) ?? [];
      byServer.set(ref.serverID, [...ids, ref.sessionID]);
    }
    for (const [serverID, ids] of byServer) this.#connections.get(serverID)?.learnContext(ids);
  }

  async dispose(): Promise<void> {
    const connections = [...this.#connections.values()];
    this.#connections.clear();
    await Promise.all(connections.map((connection) => connection.dispose()));
    this.#stopLogging();
  }

  #watchesOf(serverID: string): Watches {
    let watches = this.#watches.get(serverID);
    if (watches === undefined) {
      watches = new Watches(serverID, this.#options.dispatch, this.#options.getState);
      this.#watches.set(serverID, watches);
    }
    return watches;
  }

  #chosen(serverID: string | undefined): readonly Connection[] {
    if (serverID === undefined) return [...this.#connections.values()];
    const connection = this.#connections.get(serverID);
    return connection === undefined ? [] : [connection];
  }
}

function isSameAddress(a: Endpoint, b: Endpoint): boolean {
  return a.url === b.url && a.username === b.username;
}
