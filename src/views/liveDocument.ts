import { getServer, getSession } from "../core/lookup.ts";
import { sessionKey, type SessionRef } from "../core/session.ts";
import type { State } from "../core/state.ts";
import type { Store } from "../core/store.ts";
import { Paced } from "./paced.ts";

/** Least time between two versions of a document that streams: a few a second can be read. */
const INTERVAL_MS = 300;

/** A long document is written less often, so that writing takes no more than this share of the time. */
const SHARE_OF_TIME = 0.1;

/** How long a first reader waits for the server, its session and the messages. */
const PATIENCE_MS = 10_000;

/** How long a document that was read is kept up to date before somebody looks at it. */
const GRACE_MS = 10_000;

export interface LiveDocumentOptions {
  readonly store: Pick<Store, "state" | "onDidChange">;
  readonly ref: SessionRef;
  /** Keeps the session's messages in the state until the returned function is called. */
  readonly watch: (ref: SessionRef) => () => void;
  /** Whether there is something to be read of a known session; its messages, where left out. */
  readonly isReady?: (state: State) => boolean;
  /** Writes the document. */
  readonly render: (state: State) => string | Promise<string>;
  /** Called when there is a new version. */
  readonly onDidChange: () => void;
}

/**
 * A document made of a session's messages. It is written anew while somebody holds it, at most a few times a
 * second, and told to have changed only when its text did.
 */
export class LiveDocument {
  readonly #options: LiveDocumentOptions;
  readonly #update = new Paced(INTERVAL_MS, () => {
    this.#write();
  });
  #holders = 0;
  #stopListening: (() => void) | undefined;
  #stopWatching: (() => void) | undefined;
  #isPatient = true;
  #waiting: (() => void)[] = [];
  #bytes: Uint8Array | undefined;
  #text = "";
  #modifiedMs = 0;
  #isStale = true;
  #version = 0;
  /** The newest version, being written or done. */
  #writing: Promise<void> = Promise.resolve();
  /** Whether somebody has a version that may be out of date. */
  #isRead = false;
  #pauseUntilMs = 0;

  constructor(options: LiveDocumentOptions) {
    this.#options = options;
  }

  /** The last version that was written. */
  get text(): string {
    return this.#text;
  }

  /** Keeps the document up to date until the returned function is called. Counted. */
  hold(): () => void {
    this.#holders++;
    if (this.#holders === 1) this.#begin();
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#holders--;
      if (this.#holders === 0) this.#end();
    };
  }

  /** The present version; the first one waits until there is something to be read. */
  async read(): Promise<{ readonly bytes: Uint8Array; readonly modifiedMs: number }> {
    const release = this.hold();
    setTimeout(release, GRACE_MS);
    if (!this.#isReady()) await this.#untilReady();
    if (this.#isStale || this.#bytes === undefined) this.#write();
    await this.#untilWritten();
    this.#isRead = true;
    return { bytes: this.#bytes ?? new Uint8Array(), modifiedMs: this.#modifiedMs };
  }

  /** Asks for a new version: something the document is made of, besides the state, has changed. */
  touch(): void {
    this.#isStale = true;
    if (this.#holders > 0) this.#update.request(this.#pauseUntilMs);
  }

  dispose(): void {
    this.#holders = 0;
    this.#end();
    this.#update.dispose();
  }

  #begin(): void {
    const { store, ref } = this.#options;
    const key = sessionKey(ref.serverID, ref.sessionID);
    this.#isStale = true;
    this.#stopListening = store.onDidChange((changes) => {
      this.#followServer();
      const isMine =
        changes.messages.has(key) ||
        changes.sessions.has(key) ||
        changes.structure ||
        changes.servers.has(ref.serverID);
      if (!isMine) return;
      this.#isStale = true;
      if (!this.#isReady()) return;
      for (const go of this.#waiting.splice(0)) go();
      this.#update.request(this.#pauseUntilMs);
    });
    this.#followServer();
    this.#update.request(this.#pauseUntilMs);
  }

  #end(): void {
    this.#stopListening?.();
    this.#stopWatching?.();
    this.#stopListening = undefined;
    this.#stopWatching = undefined;
    this.#isPatient = true;
    for (const go of this.#waiting.splice(0)) go();
  }

  /** A server that comes, or comes back, knows of no watch. */
  #followServer(): void {
    const { store, ref, watch } = this.#options;
    const isThere = getServer(store.state, ref.serverID) !== undefined;
    if (isThere && this.#stopWatching === undefined) this.#stopWatching = watch(ref);
    if (!isThere) this.#stopWatching = undefined;
  }

  /** Whether there is something to be read, or it is known that there is nothing. */
  #isReady(): boolean {
    if (!this.#isPatient) return true;
    const { store, ref, isReady } = this.#options;
    const { state } = store;
    if (getSession(state, ref) === undefined) {
      return getServer(state, ref.serverID)?.snapshotMs !== undefined;
    }
    if (isReady !== undefined) return isReady(state);
    const known = state.messages.get(sessionKey(ref.serverID, ref.sessionID));
    return known !== undefined && (known.isComplete || known.error !== undefined);
  }

  async #untilReady(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.#isPatient = false;
        resolve();
      }, PATIENCE_MS);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #write(): void {
    if (this.#isReady()) this.#writing = this.#writeVersion();
  }

  /** A version that another one overtakes is dropped: what counts is the last one. */
  async #untilWritten(): Promise<void> {
    for (let newest; newest !== this.#writing;) {
      newest = this.#writing;
      await newest;
    }
  }

  async #writeVersion(): Promise<void> {
    const startedMs = performance.now();
    this.#isStale = false;
    const version = ++this.#version;
    const text = await this.#options.render(this.#options.store.state);
    if (version !== this.#version) return;
    this.#pauseUntilMs = Date.now() + (performance.now() - startedMs) / SHARE_OF_TIME;
    if (text === this.#text && this.#bytes !== undefined) return;
    this.#text = text;
    this.#bytes = Buffer.from(text, "utf8");
    this.#modifiedMs = Math.max(Date.now(), this.#modifiedMs + 1);
    if (this.#isRead) this.#options.onDidChange();
  }
}
