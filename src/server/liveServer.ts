import { t } from "../core/language.ts";
import { coalesced } from "../core/coalesced.ts";
import { ServerError } from "../core/errors.ts";
import { failed, ok, type Result } from "../core/result.ts";
import type { ServerAction } from "../core/state/actions.ts";
import type { Endpoint } from "../core/state/endpoint.ts";
import type { Session } from "../core/state/session.ts";
import type { ServerAdapter } from "./adapter.ts";
import { backoffMs } from "./backoff.ts";
import type { ConnectionContext } from "./connectionContext.ts";
import { DatabaseWatch } from "./databaseWatch.ts";
import { openEventStream } from "./eventStream.ts";
import type { ServerAccess } from "./http.ts";
import { ServerContext } from "./serverContext.ts";
import { SessionReader } from "./sessionReader.ts";
import { SnapshotBuffer } from "./snapshotBuffer.ts";
import type { Watches } from "./watches.ts";

const CONFIRM_TIMEOUT_MS = 10_000;
const RESYNC_DELAY_MS = 500;
/** How long after a stream opens everything is read once more, on servers that may have lost events meanwhile. */
const GAP_MS = 3_000;
/** Number of deleted sessions to remember: servers still mention one for some seconds after it is gone (observed). */
const MAX_REMOVED = 1_000;

export interface LiveServerOptions {
  readonly context: ConnectionContext;
  readonly adapter: ServerAdapter;
  readonly endpoint: Endpoint;
  readonly watches: Watches;
}

/**
 * One life of a connection, once the server is known: opens the stream, buffers it, takes a snapshot,
 * replays, and then keeps the store up to date. Created for one life and never reused.
 */
export class LiveServer {
  readonly #options: LiveServerOptions;
  readonly #context: ConnectionContext;
  readonly #adapter: ServerAdapter;
  readonly #buffer = new SnapshotBuffer();
  readonly #reader: SessionReader;
  readonly #serverContext: ServerContext;
  readonly #removed = new Set<string>();
  /** All sessions; one list at a time, so that an older one never replaces a newer one. */
  readonly #readSessions = coalesced(() => this.#listSessions());

  constructor(options: LiveServerOptions) {
    const { context, adapter, endpoint } = options;
    this.#options = options;
    this.#context = context;
    this.#adapter = adapter;
    this.#reader = new SessionReader(context, () => {
      this.#resync();
    });
    this.#serverContext = new ServerContext(context, adapter, endpoint);
  }

  /** Opens the stream and waits until the server has confirmed it. From then on its end is the end of the life. */
  async openStream(access: ServerAccess): Promise<Result<undefined>> {
    const { life } = this.#context;
    this.#buffer.begin();
    const reader = this.#reader;
    const { watches } = this.#options;
    let confirm: () => void = () => undefined;
    const confirmed = new Promise<undefined>((resolve) => {
      confirm = () => {
        resolve(undefined);
      };
    });
    const mapper = this.#adapter.createMapper(
      {
        action: (action) => {
          this.#take(action);
        },
        connected: () => {
          confirm();
        },
        stale: (sessionID) => {
          reader.markStale(sessionID);
        },
        resync: () => {
          this.#resync();
        },
        contextChanged: (sessionID) => {
          reader.contextChanged(sessionID);
        },
        messagesChanged: (sessionID, atMs) => {
          watches.refresh(sessionID, atMs);
        },
      },
      (sessionID) => watches.has(sessionID),
    );
    const opened = await openEventStream(access, this.#adapter.eventsPath, {
      silenceMs: this.#adapter.silenceMs,
      signal: life.signal,
      onChunk: (chunk) => {
        mapper.push(chunk);
      },
    });
    if (!opened.ok) return opened;
    const { ended } = opened.value;
    life.schedule("confirm", CONFIRM_TIMEOUT_MS, () =>
      Promise.reject(new ServerError("timeout", t("the event stream sent nothing"))),
    );
    const reason = await life.during(Promise.race([confirmed, ended]));
    if (reason !== undefined) return failed(reason);
    life.cancel("confirm");
    life.start(async () => {
      life.end(await ended);
    });
    if (this.#adapter.opensWithGap) {
      life.schedule("gap", GAP_MS, () => {
        this.#resync(0);
        return Promise.resolve();
      });
    }
    return ok(undefined);
  }

  /** Reads all sessions, then starts loading what surrounds them, without waiting for it. */
  async refresh(): Promise<Result<undefined>> {
    const listed = await this.#readSessions();
    if (!listed.ok) return listed;
    this.#reader.sumMissingTotals(listed.value);
    this.#context.life.start(() => this.#serverContext.load(listed.value));
    return ok(undefined);
  }

  /** Reads the last messages of sessions to learn their context. */
  learnContext(sessionIDs: readonly string[]): void {
    this.#reader.learnContext(sessionIDs);
  }

  /** Starts noticing what other processes do to the server's database, if that is possible and needed. */
  watchDatabase(): void {
    const { folders } = this.#adapter;
    if (folders === undefined) return;
    const watch = new DatabaseWatch({
      context: this.#context,
      endpoint: this.#options.endpoint,
      folders: () => folders(this.#context.life.signal),
      listAll: async () => {
        await this.#readSessions();
      },
      contextChanged: (sessionID) => {
        this.#reader.contextChanged(sessionID);
      },
    });
    this.#context.life.start(() => watch.start());
  }

  #take(action: ServerAction): void {
    this.#serverContext.note(action);
    this.#reader.note(action);
    if (!this.#buffer.take(action)) this.#pass(action);
  }

  #pass(action: ServerAction): void {
    if (action.type === "session.upserted" && this.#removed.has(action.session.id)) return;
    if (action.type === "session.removed") this.#noteRemoved(action.sessionID);
    this.#context.life.dispatch(action);
    if (action.type === "activity.changed" && action.activity.kind === "idle") {
      this.#reader.checkAfterTurn(action.sessionID);
    }
  }

  #noteRemoved(sessionID: string): void {
    this.#removed.add(sessionID);
    for (const oldest of this.#removed) {
      if (this.#removed.size <= MAX_REMOVED) break;
      this.#removed.delete(oldest);
    }
    this.#checkDescendants(sessionID);
  }

  /** Deleting a session deletes those below it, and not every server reports each of them. */
  #checkDescendants(sessionID: string): void {
    const children = this.#context.getServer()?.children;
    for (const childID of children?.get(sessionID) ?? []) {
      this.#reader.markStale(childID);
      this.#checkDescendants(childID);
    }
  }

  /** Everything must be read again, soon. A failure while the stream is open is retried until it succeeds. */
  #resync(delayMs = RESYNC_DELAY_MS, attempt = 0): void {
    const { life } = this.#context;
    life.schedule("resync", delayMs, async () => {
      const read = await this.refresh();
      if (read.ok || life.isOver) return;
      if (read.error.reason === "unauthorized") life.end(read.error);
      else if (!life.isScheduled("resync")) {
        this.#resync(Math.max(backoffMs(attempt), read.error.retryAfterMs ?? 0), attempt + 1);
      }
    });
  }

  /** Buffers, lists, replays. */
  async #listSessions(): Promise<Result<readonly Session[]>> {
    const { gateway, life, serverID } = this.#context;
    this.#buffer.begin();
    const listed = await gateway.listSessions(life.signal);
    if (!listed.ok) {
      // Nothing was read to replace what was held back.
      for (const action of this.#buffer.giveUp()) this.#pass(action);
      return listed;
    }
    const sessions = listed.value;
    const ids = new Set(sessions.map(({ id }) => id));
    for (const id of ids) this.#removed.delete(id);
    life.dispatch({ type: "snapshot.loaded", serverID, sessions, atMs: Date.now() });
    const { actions, stale } = this.#buffer.release((sessionID) => ids.has(sessionID));
    for (const action of actions) this.#pass(action);
    for (const sessionID of stale) this.#reader.markStale(sessionID);
    return listed;
  }
}
