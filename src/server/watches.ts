import type { Link } from "./link.ts";

const FIRST_PAGE = 100;
const PAGE = 500;

/**
 * Sessions somebody looks at: their messages are loaded newest first and kept live by the stream. Counted:
 * the last one to look away lets them go.
 */
export class Watches {
  private readonly link: Link;
  private readonly watched = new Map<string, { count: number; abort: AbortController }>();

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
      this.watched.set(sessionID, { count: 1, abort: new AbortController() });
      void this.load(sessionID);
    }
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.release(sessionID);
    };
  }

  /** Loads all again: the stream was interrupted. */
  reload(): void {
    for (const [sessionID, entry] of this.watched) {
      entry.abort.abort();
      entry.abort = new AbortController();
      void this.load(sessionID);
    }
  }

  dispose(): void {
    for (const entry of this.watched.values()) entry.abort.abort();
    this.watched.clear();
  }

  private release(sessionID: string): void {
    const entry = this.watched.get(sessionID);
    if (entry === undefined || --entry.count > 0) return;
    entry.abort.abort();
    this.watched.delete(sessionID);
    this.link.dispatch({ type: "messages.dropped", serverID: this.link.serverID, sessionID });
  }

  private async load(sessionID: string): Promise<void> {
    const signal = this.watched.get(sessionID)?.abort.signal;
    const gateway = this.link.gateway();
    // Without a gateway the server has not answered yet: the load follows when it does.
    if (signal === undefined || gateway === undefined) return;
    const { serverID, dispatch } = this.link;
    let before: string | undefined;
    let limit = FIRST_PAGE;
    let count = 0;
    do {
      const page = await gateway.listMessages(
        sessionID,
        { limit, ...(before === undefined ? {} : { before }) },
        signal,
      );
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
      before = page.value.olderCursor;
      limit = PAGE;
      count += page.value.messages.length;
      dispatch({
        type: "messages.loaded",
        serverID,
        sessionID,
        messages: page.value.messages,
        isComplete: before === undefined,
        error: undefined,
      });
    } while (before !== undefined);
    dispatch({ type: "messages.counted", serverID, sessionID, count });
  }
}
