import { pageQuery, pagesOf } from "../core/messagePages.ts";
import type { ServerAdapter } from "./adapter.ts";
import type { Link } from "./link.ts";

const FIRST_PAGE = 100;
const PAGE = 500;

interface Watch {
  count: number;
  abort: AbortController;
  /** Whether the messages reach back to the beginning. */
  isLoaded: boolean;
}

/** A burst of reasons to load anew is one. */
const REFRESH_MS = 150;

/**
 * Sessions somebody looks at: their messages are loaded newest first and kept live by the stream. Counted:
 * the last one to look away lets them go.
 */
export class Watches {
  private readonly link: Link;
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly watched = new Map<string, Watch>();

  constructor(link: Link) {
    this.link = link;
  }

  has(sessionID: string): boolean {
    return this.watched.has(sessionID);
  }

  /** Begins to watch; the returned function ends it and may be called twice. */
  watch(sessionID: string): () => void {
    const known = this.watched.get(sessionID);
    if (known !== undefined) known.count++;
    else {
      this.watched.set(sessionID, { count: 1, abort: new AbortController(), isLoaded: false });
      // Messages that come while the first page is under way find a place to stay.
      this.link.dispatch({
        type: "messages.loaded",
        serverID: this.link.serverID,
        sessionID,
        messages: [],
        isComplete: false,
        error: undefined,
      });
      void this.load(sessionID);
    }
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.release(sessionID);
    };
  }

  /** Brings all up to date: the stream was interrupted. Where the server keeps a log, only the gap is read. */
  reload(adapter: ServerAdapter): void {
    for (const sessionID of this.watched.keys()) void this.catchUp(sessionID, adapter);
  }

  /** Loads one anew: its messages changed at a server time in a way that was not told. */
  refresh(sessionID: string, changedMs: number): void {
    const entry = this.watched.get(sessionID);
    if (entry === undefined) return;
    clearTimeout(this.timers.get(sessionID));
    this.timers.set(
      sessionID,
      setTimeout(() => {
        this.timers.delete(sessionID);
        void this.load(sessionID, changedMs);
      }, REFRESH_MS),
    );
  }

  dispose(): void {
    for (const entry of this.watched.values()) entry.abort.abort();
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.watched.clear();
  }

  private async catchUp(sessionID: string, adapter: ServerAdapter): Promise<void> {
    const entry = this.watched.get(sessionID);
    if (entry === undefined) return;
    if (entry.isLoaded && adapter.replay !== undefined) {
      const { signal } = entry.abort;
      const isDone = await adapter.replay(sessionID, this.link.dispatch, signal);
      if (isDone || signal.aborted) return;
    }
    await this.load(sessionID);
  }

  private release(sessionID: string): void {
    const entry = this.watched.get(sessionID);
    if (entry === undefined || --entry.count > 0) return;
    entry.abort.abort();
    this.watched.delete(sessionID);
    this.link.dispatch({ type: "messages.dropped", serverID: this.link.serverID, sessionID });
  }

  private async load(sessionID: string, changedMs?: number): Promise<void> {
    const entry = this.watched.get(sessionID);
    // A load that is under way would go on with what was there before.
    entry?.abort.abort();
    if (entry !== undefined) entry.abort = new AbortController();
    const signal = entry?.abort.signal;
    const gateway = this.link.gateway();
    // Without a gateway the server has not answered yet: the load follows when it does.
    if (entry === undefined || signal === undefined || gateway === undefined) return;
    const { serverID, dispatch } = this.link;
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
      if (signal.aborted) return;
      if (!page.ok) {
        dispatch({
          type: "messages.loaded",
          serverID,
          sessionID,
          messages: [],
          isComplete: false,
          error: page.error.message,
        });
        return;
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
    entry.isLoaded = true;
    dispatch({ type: "messages.counted", serverID, sessionID, count });
  }
}
