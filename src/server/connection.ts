import type { ServerAction } from "../core/actions.ts";
import { type Endpoint, isLoopbackURL } from "../core/endpoint.ts";
import { ServerError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { failed, ok, type Result } from "../core/result.ts";
import type { Session } from "../core/session.ts";
import type { ConnectionState, ServerState } from "../core/state.ts";
import type { Dispatch } from "../core/store.ts";
import type { ServerAdapter } from "./adapter.ts";
import { backoffMs } from "./backoff.ts";
import { createAdapter } from "./createAdapter.ts";
import { findDatabase } from "./databaseFile.ts";
import { DatabaseWatch } from "./databaseWatch.ts";
import { type DetectedServer, detectServer } from "./detectServer.ts";
import { type EventStream, openEventStream } from "./eventStream.ts";
import type { Gateway } from "./gateway.ts";
import type { ServerAccess } from "./http.ts";
import { SessionReader } from "./sessionReader.ts";
import { Surroundings } from "./surroundings.ts";
import { SnapshotBuffer } from "./snapshotBuffer.ts";
import { Watches } from "./watches.ts";

/** What a connection needs from the outside. */
export interface ConnectionOptions {
  readonly dispatch: Dispatch;
  /** The server's state now; undefined when it is no longer in the store. */
  readonly getServer: () => ServerState | undefined;
  /** Asked at every attempt: passwords change. */
  readonly password: (endpoint: Endpoint) => Promise<string | undefined>;
  readonly log: Log;
}

/** How long a stream must have lived before its end starts the delays anew. */
const STABLE_MS = 10_000;
const CONNECTED_TIMEOUT_MS = 10_000;
const RESYNC_DELAY_MS = 500;

/**
 * Keeps one server's part of the store true: finds out what answers, opens the stream, buffers it, takes a
 * snapshot, replays, and stays; after a loss it comes back by itself, with growing delays. A refused
 * password waits for a person. Nothing here throws; what goes wrong is connection state.
 */
export class Connection {
  private currentEndpoint: Endpoint;
  private readonly options: ConnectionOptions;
  private readonly buffer = new SnapshotBuffer();
  private readonly reader: SessionReader;
  private readonly surroundings: Surroundings;
  private readonly databaseWatch: DatabaseWatch;
  readonly watches: Watches;
  private adapter: ServerAdapter | undefined;
  private adapterKey = "";
  private stream: EventStream | undefined;
  private resyncTimer: ReturnType<typeof setTimeout> | undefined;
  private attempt = 0;
  private lostSinceMs: number | undefined;
  private isDisposed = false;
  private wake: (() => void) | undefined;
  private finished: Promise<void> = Promise.resolve();

  constructor(endpoint: Endpoint, options: ConnectionOptions) {
    this.currentEndpoint = endpoint;
    this.options = options;
    const link = {
      serverID: endpoint.serverID,
      gateway: () => this.adapter?.gateway,
      getServer: options.getServer,
      dispatch: options.dispatch,
      log: options.log,
    };
    this.reader = new SessionReader(link);
    this.surroundings = new Surroundings(link, endpoint);
    this.watches = new Watches(link);
    this.databaseWatch = new DatabaseWatch({
      link,
      endpoint: () => this.currentEndpoint,
      listAll: async () => {
        if (this.adapter !== undefined && this.stream !== undefined) {
          await this.readSessions(this.adapter);
        }
      },
      contextChanged: (sessionID) => {
        this.reader.contextChanged(sessionID);
      },
    });
  }

  /** The gateway of the last server that answered; stays while the server is lost. */
  get gateway(): Gateway | undefined {
    return this.adapter?.gateway;
  }

  get endpoint(): Endpoint {
    return this.currentEndpoint;
  }

  /**
   * The same address was found again with other facts. Another process behind it is a reason to try now: it
   * may have another password than the one that was refused.
   */
  update(endpoint: Endpoint): void {
    const isReplaced = endpoint.pid !== undefined && endpoint.pid !== this.currentEndpoint.pid;
    this.currentEndpoint = endpoint;
    if (!isReplaced || this.wake === undefined) return;
    this.attempt = 0;
    this.wake();
  }

  start(): void {
    this.finished = this.run();
  }

  /** Tries now: after a password was entered, or when a person asks. A living stream is read anew instead. */
  reconnect(): void {
    this.attempt = 0;
    if (this.wake !== undefined) this.wake();
    else this.stream?.close();
  }

  /** Takes a fresh snapshot over the living stream. */
  async refresh(): Promise<void> {
    if (this.adapter === undefined || this.stream === undefined) {
      this.reconnect();
      return;
    }
    await this.takeSnapshot(this.adapter);
  }

  /** The database of a server on this machine; undefined for others, and where it is not known. */
  async databaseFile(): Promise<string | undefined> {
    const { url, pid, origin } = this.currentEndpoint;
    if (!isLoopbackURL(url) || origin === "kubernetes") return undefined;
    const unknown = failed(new ServerError("unsupported", "it does not tell its folders"));
    return await findDatabase(pid, this.adapter?.folders ?? (() => Promise.resolve(unknown)));
  }

  /** Reads a session's last messages, to know its context. */
  learnContext(sessionIDs: readonly string[]): void {
    this.reader.learnContext(sessionIDs);
  }

  async dispose(): Promise<void> {
    this.isDisposed = true;
    clearTimeout(this.resyncTimer);
    this.reader.dispose();
    this.surroundings.dispose();
    this.databaseWatch.stop();
    this.watches.dispose();
    this.stream?.close();
    this.wake?.();
    await this.finished;
  }

  private async run(): Promise<void> {
    while (!this.isDisposed) {
      const startedMs = Date.now();
      const error = await this.connectOnce();
      if (this.hasEnded()) return;
      if (Date.now() - startedMs > STABLE_MS) this.attempt = 0;
      await this.wait(error);
    }
  }

  /** Not a getter inlined by hand: disposal may come during any wait. */
  private hasEnded(): boolean {
    return this.isDisposed;
  }

  /** Waits until the next attempt is due, or somebody asks for it. */
  private async wait(error: ServerError): Promise<void> {
    const nowMs = Date.now();
    this.lostSinceMs ??= nowMs;
    const isRefused = error.reason === "unauthorized";
    const delayMs = isRefused ? undefined : backoffMs(this.attempt++);
    this.options.log.info(
      "connection",
      `${this.endpoint.name}: ${error.reason}, ${error.message}` +
        (delayMs === undefined ? "" : `; next attempt in ${String(Math.round(delayMs))} ms`),
    );
    this.setState(
      isRefused
        ? { kind: "unauthorized", sinceMs: this.lostSinceMs, message: error.message }
        : {
            kind: "lost",
            sinceMs: this.lostSinceMs,
            reason: error.reason,
            message: error.message,
            nextRetryMs: delayMs === undefined ? undefined : nowMs + delayMs,
          },
    );
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      if (delayMs !== undefined) setTimeout(resolve, delayMs);
    });
    this.wake = undefined;
    if (!this.isDisposed && isRefused) this.setState({ kind: "connecting" });
  }

  /** One life of the stream; gives why it ended. */
  private async connectOnce(): Promise<ServerError> {
    const access: ServerAccess = {
      url: this.endpoint.url,
      username: this.endpoint.username,
      password: await this.options.password(this.endpoint),
    };
    const detected = await detectServer(access);
    if (!detected.ok) return detected.error;
    const adapter = await this.identify(detected.value, access);
    if (this.hasEnded()) return new ServerError("cancelled", "the connection was closed");

    this.buffer.begin();
    const opened = await this.openStream(adapter, access);
    if (!opened.ok) return opened.error;
    this.stream = opened.value;
    try {
      const snapshot = await this.takeSnapshot(adapter);
      if (!snapshot.ok) return snapshot.error;
      this.lostSinceMs = undefined;
      this.setState({ kind: "connected", sinceMs: Date.now() });
      this.options.log.info(
        "connection",
        `${this.endpoint.name}: connected to ${adapter.generation} ${detected.value.version}`,
      );
      this.watches.reload(adapter);
      if (adapter.folders !== undefined) void this.databaseWatch.start(adapter.folders);
      return await this.stream.ended;
    } finally {
      this.stream.close();
      this.stream = undefined;
      this.buffer.release();
      this.databaseWatch.stop();
    }
  }

  private async identify(detected: DetectedServer, access: ServerAccess): Promise<ServerAdapter> {
    const key = [detected.generation, detected.version, access.password ?? ""].join("\n");
    let { adapter } = this;
    if (adapter === undefined || key !== this.adapterKey) {
      adapter = await createAdapter(detected, this.endpoint.serverID, access);
      this.adapter = adapter;
      this.adapterKey = key;
    }
    this.options.dispatch({
      type: "server.identified",
      serverID: this.endpoint.serverID,
      version: detected.version,
      generation: adapter.generation,
      capabilities: adapter.capabilities,
    });
    return adapter;
  }

  /** Opens the stream and waits until the server has confirmed it. */
  private async openStream(
    adapter: ServerAdapter,
    access: ServerAccess,
  ): Promise<Result<EventStream>> {
    let confirm: (() => void) | undefined;
    const confirmed = new Promise<"confirmed">((resolve) => {
      confirm = () => {
        resolve("confirmed");
      };
    });
    const mapper = adapter.createMapper(
      {
        action: (action) => {
          this.take(action);
        },
        connected: () => confirm?.(),
        stale: (sessionID) => {
          this.reader.markStale(sessionID);
        },
        resync: () => {
          this.scheduleResync();
        },
        contextChanged: (sessionID) => {
          this.reader.contextChanged(sessionID);
        },
        messagesChanged: (sessionID, atMs) => {
          this.watches.refresh(sessionID, atMs);
        },
      },
      (sessionID) => this.watches.has(sessionID),
    );
    const opened = await openEventStream(access, adapter.eventsPath, adapter.silenceMs, (chunk) => {
      mapper.push(chunk);
    });
    if (!opened.ok) return opened;
    const stream = opened.value;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const outcome = await Promise.race([
      confirmed,
      stream.ended,
      new Promise<ServerError>((resolve) => {
        timer = setTimeout(() => {
          resolve(new ServerError("timeout", "the event stream said nothing"));
        }, CONNECTED_TIMEOUT_MS);
      }),
    ]);
    clearTimeout(timer);
    if (outcome === "confirmed") return ok(stream);
    stream.close();
    return failed(outcome);
  }

  private take(action: ServerAction): void {
    if (action.type === "activity.changed") this.surroundings.noteActivity(action.sessionID);
    if (this.buffer.take(action)) return;
    if (action.type === "session.removed") this.checkDescendants(action.sessionID);
    this.options.dispatch(action);
    if (action.type === "activity.changed" && action.activity.kind === "idle") {
      this.reader.checkAfterTurn(action.sessionID);
    }
  }

  /** A session goes with those below it, and not every server says so of each. */
  private checkDescendants(sessionID: string): void {
    const children = this.options.getServer()?.children;
    for (const childID of children?.get(sessionID) ?? []) {
      this.reader.markStale(childID);
      this.checkDescendants(childID);
    }
  }

  private scheduleResync(): void {
    clearTimeout(this.resyncTimer);
    this.resyncTimer = setTimeout(() => {
      if (this.adapter !== undefined && this.stream !== undefined) {
        void this.takeSnapshot(this.adapter);
      }
    }, RESYNC_DELAY_MS);
  }

  /** All sessions; then what surrounds them, without waiting for it. */
  private async takeSnapshot(adapter: ServerAdapter): Promise<Result<undefined>> {
    const listed = await this.readSessions(adapter);
    if (!listed.ok) return listed;
    this.reader.sumMissingTotals(listed.value);
    void this.surroundings.load(adapter, listed.value);
    return ok(undefined);
  }

  /** Buffer, list, replay. */
  private async readSessions(adapter: ServerAdapter): Promise<Result<readonly Session[]>> {
    this.buffer.begin();
    const listed = await adapter.gateway.listSessions();
    if (!listed.ok) {
      for (const action of this.buffer.release().actions) this.options.dispatch(action);
      return listed;
    }
    const { serverID } = this.endpoint;
    this.options.dispatch({
      type: "snapshot.loaded",
      serverID,
      sessions: listed.value,
      atMs: Date.now(),
    });
    const { actions, stale } = this.buffer.release();
    for (const action of actions) this.options.dispatch(action);
    for (const sessionID of stale) this.reader.markStale(sessionID);
    return listed;
  }

  private setState(connection: ConnectionState): void {
    this.options.dispatch({
      type: "connection.changed",
      serverID: this.endpoint.serverID,
      connection,
    });
  }
}
