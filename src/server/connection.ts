import { t } from "../core/language.ts";
import { ServerError } from "../core/errors.ts";
import { type Log, loggable, thrownAt } from "../core/log.ts";
import { failed, type Result } from "../core/result.ts";
import { type Endpoint, isLoopbackURL } from "../core/state/endpoint.ts";
import type { ConnectionState, ServerState } from "../core/state/state.ts";
import type { Dispatch } from "../core/state/store.ts";
import type { ServerAdapter } from "./adapter.ts";
import { backoffMs } from "./backoff.ts";
import type { ConnectionContext } from "./connectionContext.ts";
import { createAdapter } from "./createAdapter.ts";
import { findDatabase } from "./databaseFile.ts";
import { type DetectedServer, detectServer } from "./detectServer.ts";
import type { Gateway } from "./gateway.ts";
import type { ServerAccess } from "./http.ts";
import { asServerError, Life } from "./life.ts";
import { LiveServer } from "./liveServer.ts";
import type { Watches } from "./watches.ts";

/** Decides whether a server may be contacted, and with which password. Asked on every attempt: passwords change. */
export interface Credentials {
  /** Undefined if none is known. Fails with `unencrypted` when the user must allow the connection first. */
  readonly password: (endpoint: Endpoint) => Promise<Result<string | undefined>>;
  /** Sends the requests if the endpoint's address can't be reached directly. */
  readonly fetch?: (endpoint: Endpoint) => Promise<typeof fetch | undefined>;
}

/** What a connection needs from the outside. */
export interface ConnectionOptions {
  readonly dispatch: Dispatch;
  /** The server's current state; undefined when it is no longer in the store. */
  readonly getServer: () => ServerState | undefined;
  readonly credentials: Credentials;
  /** The pool's watches: each life brings them up to date. */
  readonly watches: Watches;
  readonly log: Log;
}

/** How long a life must last for its end to reset the delays. */
const STABLE_MS = 10_000;

/**
 * Keeps one server's part of the store up to date, one life after another: each finds out what answers, opens
 * the stream, takes a snapshot, and stays connected. Supervises them: whatever ends a life, including thrown
 * errors, becomes connection state with a reason, and the next life follows after a growing delay, or at once
 * when the user asks. A refused password waits for the user.
 */
export class Connection {
  #currentEndpoint: Endpoint;
  readonly #options: ConnectionOptions;
  #life: Life;
  /** Set while a life is connected. */
  #liveServer: LiveServer | undefined;
  #adapter: ServerAdapter | undefined;
  #adapterKey = "";
  #attempt = 0;
  #lostSinceMs: number | undefined;
  #isDisposed = false;
  /** Ends the wait for the next attempt. */
  #wake: (() => void) | undefined;
  /** The life was ended in order to try again at once. */
  #isRetryRequested = false;
  #finished: Promise<void> = Promise.resolve();

  constructor(endpoint: Endpoint, options: ConnectionOptions) {
    this.#currentEndpoint = endpoint;
    this.#options = options;
    this.#life = new Life(0, options.dispatch);
  }

  /** The gateway of the last server that answered; kept while the connection is lost. */
  get gateway(): Gateway | undefined {
    return this.#adapter?.gateway;
  }

  get endpoint(): Endpoint {
    return this.#currentEndpoint;
  }

  /**
   * The same address was found again with different facts. A different process behind it is a reason to try
   * now: it may use a password other than the one that was refused.
   */
  update(endpoint: Endpoint): void {
    const isReplaced = endpoint.pid !== undefined && endpoint.pid !== this.#currentEndpoint.pid;
    this.#currentEndpoint = endpoint;
    if (!isReplaced || this.#wake === undefined) return;
    this.#attempt = 0;
    this.#wake();
  }

  start(): void {
    this.#finished = this.#supervise();
  }

  /** Starts a new life now, whatever the current one is waiting for: a password was entered, or the user asked. */
  reconnect(): void {
    this.#attempt = 0;
    if (this.#wake !== undefined) {
      this.#wake();
      return;
    }
    this.#isRetryRequested = true;
    this.#life.end(new ServerError("cancelled", "connecting again"));
  }

  /** Takes a fresh snapshot while the stream stays open. */
  async refresh(): Promise<void> {
    if (this.#liveServer === undefined) this.reconnect();
    else await this.#liveServer.refresh();
  }

  /** The database of a server on this machine; undefined for other servers, or if unknown. */
  async databaseFile(): Promise<string | undefined> {
    const { url, pid, origin } = this.#currentEndpoint;
    if (!isLoopbackURL(url) || origin === "kubernetes") return undefined;
    const unknown = failed(new ServerError("unsupported", t("it does not report its folders")));
    return await findDatabase(pid, this.#adapter?.folders ?? (() => Promise.resolve(unknown)));
  }

  /** Reads the last messages of sessions to learn their context. */
  learnContext(sessionIDs: readonly string[]): void {
    this.#liveServer?.learnContext(sessionIDs);
  }

  /** Ends the life and everything it started, without waiting for the server to answer. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    this.#life.end(new ServerError("cancelled", t("the connection was closed")));
    this.#wake?.();
    await this.#finished;
  }

  async #supervise(): Promise<void> {
    while (!this.#isDisposed) {
      const startedMs = performance.now();
      const life = new Life(this.#life.number + 1, this.#options.dispatch);
      this.#life = life;
      this.#isRetryRequested = false;
      let reason: ServerError;
      try {
        reason = await this.#live(life);
      } catch (error) {
        reason = asServerError(error);
        if (reason !== error) {
          const { log } = this.#options;
          log.error("connection", `${this.endpoint.name}: ${thrownAt(error)}`);
        }
      }
      this.#liveServer = undefined;
      life.end(reason);
      if (this.#hasEnded()) return;
      if (performance.now() - startedMs > STABLE_MS) this.#attempt = 0;
      if (!this.#isRetryPending()) await this.#wait(reason);
    }
  }

  /** Not inlined: disposal and requests may happen during any await. */
  #hasEnded(): boolean {
    return this.#isDisposed;
  }

  #isRetryPending(): boolean {
    return this.#isRetryRequested;
  }

  /** Waits until the next attempt is due, or until someone asks for it. */
  async #wait(error: ServerError): Promise<void> {
    const nowMs = Date.now();
    this.#lostSinceMs ??= nowMs;
    const sinceMs = this.#lostSinceMs;
    const { message, reason } = error;
    const isRefused = reason === "unauthorized" || reason === "unencrypted";
    const delayMs = isRefused
      ? undefined
      : Math.max(backoffMs(this.#attempt++), error.retryAfterMs ?? 0);
    this.#options.log.info(
      "connection",
      `${this.endpoint.name}: life ${this.#life.number} ended, ${loggable(error)}` +
        (delayMs === undefined ? "" : `; next attempt in ${Math.round(delayMs)} ms`),
    );
    this.#setState(
      delayMs === undefined
        ? {
            kind: "unauthorized",
            needs: reason === "unencrypted" ? "plainHTTP" : "password",
            sinceMs,
            message,
          }
        : // eslint-disable-next-line project/monotonic-waits -- a time that is shown
          { kind: "lost", sinceMs, reason, message, nextRetryMs: nowMs + delayMs },
    );
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (delayMs !== undefined) timer = setTimeout(resolve, delayMs);
    });
    clearTimeout(timer);
    this.#wake = undefined;
    if (!this.#isDisposed && isRefused) this.#setState({ kind: "connecting" });
  }

  /** Runs one life; returns why it ended, or throws. */
  async #live(life: Life): Promise<ServerError> {
    const { endpoint } = this;
    const { serverID, url, username, name } = endpoint;
    const { credentials, getServer, log, watches } = this.#options;
    const known = await life.during(credentials.password(endpoint));
    if (!known.ok) return known.error;
    const fetch = await life.during(Promise.resolve(credentials.fetch?.(endpoint)));
    const access: ServerAccess = { url, username, password: known.value, fetch };
    const detected = await detectServer(access, life.signal);
    if (!detected.ok) return detected.error;
    const { version } = detected.value;
    const adapter = await this.#identify(detected.value, access, life);
    const context: ConnectionContext = {
      serverID,
      gateway: adapter.gateway,
      getServer,
      life,
      log,
    };
    const server = new LiveServer({ context, adapter, endpoint, watches });
    const opened = await server.openStream(access);
    if (!opened.ok) return opened.error;
    const read = await life.during(server.refresh());
    if (!read.ok) return read.error;
    this.#lostSinceMs = undefined;
    this.#liveServer = server;
    this.#setState({ kind: "connected", sinceMs: Date.now() });
    log.info(
      "connection",
      `${name}: life ${life.number} connected to ${adapter.generation} ${version}`,
    );
    watches.begin(context, adapter.replay);
    server.watchDatabase();
    return life.ended;
  }

  async #identify(
    detected: DetectedServer,
    access: ServerAccess,
    life: Life,
  ): Promise<ServerAdapter> {
    const { serverID } = this.endpoint;
    const { version } = detected;
    const key = [detected.generation, version, access.password ?? ""].join("\n");
    let adapter = this.#adapter;
    if (adapter === undefined || key !== this.#adapterKey) {
      adapter = await life.during(createAdapter(detected, serverID, access));
      this.#adapter = adapter;
      this.#adapterKey = key;
    }
    const { generation, capabilities } = adapter;
    life.dispatch({ type: "server.identified", serverID, version, generation, capabilities });
    return adapter;
  }

  #setState(connection: ConnectionState): void {
    const { serverID } = this.endpoint;
    this.#options.dispatch({ type: "connection.changed", serverID, connection });
  }
}
