import type { Session } from "../core/session.ts";
import { todoProgress } from "../core/todo.ts";
import { learnFromMessages } from "./lastMessages.ts";
import { Limiter } from "./limiter.ts";
import type { Link } from "./link.ts";

/** Time for a burst of events about a session to pass before it is read once. */
const SETTLE_MS = 150;
/** A fork's history is copied after its first event. */
const LATE_MS = 2_000;
/** Enough of the newest messages to meet the last step behind a long user message or two. */
const LAST_MESSAGES = 30;
/** Totals follow a step within 0.4 s (observed); after that an overlay is looked into. */
const AFTER_TURN_MS = 1_500;

/**
 * Reads single sessions again where the stream says too little, and their last messages where the row
 * does. A few at a time, each once for a burst of reasons.
 */
export class SessionReader {
  private readonly link: Link;
  private readonly limiter = new Limiter(4);
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  /** Server time of the session's row when its messages were last read. */
  private readonly learnedMs = new Map<string, number>();
  private readonly abort = new AbortController();

  constructor(link: Link) {
    this.link = link;
  }

  /** The session's row is to be read again, now and once more when what is under way has settled. */
  markStale(sessionID: string): void {
    this.later(`row ${sessionID}`, SETTLE_MS, () => this.readRow(sessionID));
    this.later(`late ${sessionID}`, LATE_MS, () => this.readRow(sessionID));
  }

  /** After a turn: steps that no totals have covered are asked for. */
  checkAfterTurn(sessionID: string): void {
    this.later(`turn ${sessionID}`, AFTER_TURN_MS, async () => {
      const server = this.link.getServer();
      const steps = server?.live.get(sessionID)?.steps.size ?? 0;
      const hasTotals = server?.sessions.get(sessionID)?.totals !== undefined;
      if (!hasTotals) await this.sum(sessionID);
      else if (steps > 0) await this.readRow(sessionID);
    });
  }

  /** The context changed in a way only messages tell. */
  contextChanged(sessionID: string): void {
    this.learnedMs.delete(sessionID);
    this.later(`context ${sessionID}`, SETTLE_MS, () => this.learn(sessionID));
  }

  /** Reads the last messages of sessions that have not been read since they changed, or run live. */
  learnContext(sessionIDs: readonly string[]): void {
    const server = this.link.getServer();
    for (const sessionID of sessionIDs) {
      const session = server?.sessions.get(sessionID);
      if (session === undefined) continue;
      const isLive = server?.live.get(sessionID)?.context?.isEstimate === false;
      if (isLive || this.learnedMs.get(sessionID) === session.updatedMs) continue;
      this.learnedMs.set(sessionID, session.updatedMs);
      void this.limiter.run(() => this.learn(sessionID));
    }
  }

  /** Servers before 1.14.49 have no totals: they are summed from messages, newest sessions first. */
  sumMissingTotals(sessions: readonly Session[]): void {
    const missing = sessions.filter((session) => session.totals === undefined);
    missing.sort((a, b) => b.updatedMs - a.updatedMs);
    for (const session of missing) void this.limiter.run(() => this.sum(session.id));
  }

  dispose(): void {
    this.abort.abort();
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }

  private later(key: string, delayMs: number, task: () => Promise<void>): void {
    clearTimeout(this.timers.get(key));
    this.timers.set(
      key,
      setTimeout(() => {
        this.timers.delete(key);
        void this.limiter.run(task);
      }, delayMs),
    );
  }

  private async readRow(sessionID: string): Promise<void> {
    const gateway = this.link.gateway();
    if (gateway === undefined || this.abort.signal.aborted) return;
    const { serverID } = this.link;
    const read = await gateway.getSession(sessionID, this.abort.signal);
    if (read.ok) {
      this.link.dispatch({
        type: "session.upserted",
        serverID,
        session: read.value,
        origin: "read",
      });
      if (read.value.totals === undefined) await this.sum(sessionID);
    } else if (read.error.reason === "notFound") {
      this.link.dispatch({ type: "session.removed", serverID, sessionID });
    }
  }

  private async sum(sessionID: string): Promise<void> {
    const gateway = this.link.gateway();
    if (gateway === undefined || this.abort.signal.aborted) return;
    const totals = await gateway.sumTotals(sessionID, this.abort.signal);
    if (!totals.ok) return;
    this.link.dispatch({
      type: "session.totals",
      serverID: this.link.serverID,
      sessionID,
      totals: totals.value,
    });
  }

  private async learn(sessionID: string): Promise<void> {
    const gateway = this.link.gateway();
    if (gateway === undefined || this.abort.signal.aborted) return;
    const page = await gateway.listMessages(sessionID, { limit: LAST_MESSAGES }, this.abort.signal);
    if (!page.ok) {
      this.learnedMs.delete(sessionID);
      return;
    }
    const isWhole = page.value.olderCursor === undefined;
    for (const action of learnFromMessages(sessionID, page.value.messages, isWhole)) {
      this.link.dispatch({ ...action, serverID: this.link.serverID });
    }
    await this.learnTodos(sessionID);
  }

  /** To-dos are told when they change: those that stood before, or that there are none, is asked for once. */
  private async learnTodos(sessionID: string): Promise<void> {
    const gateway = this.link.gateway();
    const server = this.link.getServer();
    if (gateway === undefined || server?.capabilities.has("todo") !== true) return;
    if (server.live.get(sessionID)?.todo !== undefined) return;
    const todos = await gateway.todos(sessionID, this.abort.signal);
    if (!todos.ok) return;
    // The stream may have told newer ones meanwhile.
    if (this.link.getServer()?.live.get(sessionID)?.todo !== undefined) return;
    this.link.dispatch({
      type: "todo.changed",
      serverID: this.link.serverID,
      sessionID,
      ...todoProgress(todos.value.map(({ status }) => status)),
    });
  }
}
