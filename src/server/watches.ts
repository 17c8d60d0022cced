import { pageQuery, pagesOf } from "../core/state/messagePages.ts";
import { sessionKey } from "../core/state/session.ts";
import type { State } from "../core/state/state.ts";
import type { Dispatch } from "../core/state/store.ts";
import { withLimits } from "../core/timeLimit.ts";
import type { ServerAdapter } from "./adapter.ts";
import type { ConnectionContext } from "./connectionContext.ts";

const FIRST_PAGE = 100;
const PAGE = 500;
/** Several reasons to reload a session within this time count as one. */
const REFRESH_MS = 150;

interface Watch {
  count: number;
  /** Aborts the load under way. */
  abort: AbortController;
  /** Whether the messages reach back to the beginning. */
  isLoaded: boolean;
}

/**
 * Sessions of one server that someone is viewing: their messages are loaded newest first and kept live by the
 * stream. Counted: they are released when the last viewer leaves. They outlive connections, even when a
 * server moves: each life of a connection brings them up to date.
 */
export class Watches {
  readonly #serverID: string;
  readonly #dispatch: Dispatch;
  readonly #getState: () => State;
  readonly #watched = new Map<string, Watch>();
  /** Of the life that is connected, or was last connected. */
  #context: ConnectionContext | undefined;

  constructor(serverID: string, dispatch: Dispatch, getState: () => State) {
    this.#serverID = serverID;
    this.#dispatch = dispatch;
    this.#getState = getState;
  }

  has(sessionID: string): boolean {
    return this.#watched.has(sessionID);
  }

  /** Starts watching; the returned function stops it and may be called twice. */
  watch(sessionID: string): () => void {
    const known = this.#watched.get(sessionID);
    if (known !== undefined) known.count++;
    else {
      this.#watched.set(sessionID, { count: 1, abort: new AbortController(), isLoaded: false });
      this.#makeRoom(sessionID);
      this.#context?.life.start(() => this.#load(sessionID));
    }
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#release(sessionID);
    };
  }

  /**
   * A life of the connection has taken its snapshot: brings all sessions up to date with it. If the server
   * keeps a log, only the gap since the stream's last report is read.
   */
  begin(context: ConnectionContext, replay: ServerAdapter["replay"]): void {
    this.#context = context;
    for (const sessionID of this.#watched.keys()) {
      // A server that was gone for a while lost its messages along with its sessions.
      this.#makeRoom(sessionID);
      context.life.start(() => this.#catchUp(sessionID, context, replay));
    }
  }

  /** Reloads one session: its messages changed at a server time in a way that the stream does not spell out. */
  refresh(sessionID: string, changedMs: number): void {
    if (!this.has(sessionID)) return;
    this.#context?.life.schedule(`messages ${sessionID}`, REFRESH_MS, () =>
      this.#load(sessionID, changedMs),
    );
  }

  /** Makes room for messages that arrive while the first page is loading. */
  #makeRoom(sessionID: string): void {
    const serverID = this.#serverID;
    const nothing = { messages: [], isComplete: false, error: undefined } as const;
    this.#dispatch({ type: "messages.loaded", serverID, sessionID, ...nothing });
  }

  async #catchUp(
    sessionID: string,
    { life }: ConnectionContext,
    replay: ServerAdapter["replay"],
  ): Promise<void> {
    const entry = this.#watched.get(sessionID);
    if (entry === undefined) return;
    if (entry.isLoaded && replay !== undefined) {
      const { signal } = entry.abort;
      const isDone = await withLimits({ signals: [signal, life.signal] }, (limited) =>
        replay(sessionID, life.dispatch, limited),
      );
      if (isDone || signal.aborted) return;
    }
    // Known messages newer than all that are left were removed in the gap.
    const known = this.#getState().messages.get(sessionKey(this.#serverID, sessionID));
    await this.#load(sessionID, known?.messages.at(-1)?.createdMs);
  }

  #release(sessionID: string): void {
    const entry = this.#watched.get(sessionID);
    if (entry === undefined || --entry.count > 0) return;
    entry.abort.abort();
    this.#watched.delete(sessionID);
    this.#dispatch({ type: "messages.dropped", serverID: this.#serverID, sessionID });
  }

  async #load(sessionID: string, changedMs?: number): Promise<void> {
    const entry = this.#watched.get(sessionID);
    const context = this.#context;
    // Without a life, the next one loads the session.
    if (entry === undefined || context === undefined || context.life.isOver) return;
    // A load under way would carry on with outdated messages.
    entry.abort.abort();
    const abort = new AbortController();
    entry.abort = abort;
    await withLimits({ signals: [abort.signal, context.life.signal] }, async (signal) => {
      const isLoaded = await loadPages(sessionID, context, signal, changedMs);
      if (entry.abort === abort) entry.isLoaded = isLoaded;
    });
  }
}

/** Returns whether the beginning of the session was reached. */
async function loadPages(
  sessionID: string,
  { serverID, gateway, life }: ConnectionContext,
  signal: AbortSignal,
  changedMs: number | undefined,
): Promise<boolean> {
  const { dispatch } = life;
  let count = 0;
  let isNewest = true;
  const pages = pagesOf((before) =>
    gateway.listMessages(
      sessionID,
      pageQuery(before === undefined ? FIRST_PAGE : PAGE, before),
      signal,
    ),
  );
  for await (const page of pages) {
    if (signal.aborted) return false;
    if (!page.ok) {
      const nothing = { messages: [], isComplete: false } as const;
      const error = page.error.message;
      dispatch({ type: "messages.loaded", serverID, sessionID, ...nothing, error });
      return false;
    }
    const { messages, olderCursor } = page.value;
    count += messages.length;
    dispatch({
      type: "messages.loaded",
      serverID,
      sessionID,
      messages,
      isComplete: olderCursor === undefined,
      ...(isNewest && changedMs !== undefined ? { reachesMs: changedMs } : {}),
      error: undefined,
    });
    isNewest = false;
  }
  dispatch({ type: "messages.counted", serverID, sessionID, count });
  return true;
}
