import type { ServerError, ServerErrorReason } from "../core/errors.ts";
import { ok, type Result } from "../core/result.ts";
import type { ServerAction } from "../core/state/actions.ts";
import type { Session } from "../core/state/session.ts";
import { todoProgress } from "../core/state/todo.ts";
import { backoffMs } from "./backoff.ts";
import type { ConnectionContext } from "./connectionContext.ts";
import { learnFromMessages } from "./lastMessages.ts";

/** Time for a burst of events about a session to settle before it is read once. */
const SETTLE_MS = 150;
/** A fork's history is copied after its first event. */
const LATE_MS = 2_000;
/** Enough of the newest messages to find the last step behind a long user message or two. */
const LAST_MESSAGES = 30;
/**
 * Totals follow a step within 40 ms (observed; 0.4 s under load). If they don't, the row is requested: a
 * turn's final figure is available one call after its end.
 */
const AFTER_TURN_MS = 60;
const MOST_READS = 4;
/** With more rows than this waiting to be read, one list of all sessions is less work. */
const MAX_WAITING_ROWS = 500;
const MOST_ATTEMPTS = 6;

/**
 * What is read for a session: its row, its newest messages, and the sum of all messages if its row has no
 * totals. Waiting reads are taken in this order.
 */
const KINDS = ["row", "messages", "totals"] as const;
type Kind = (typeof KINDS)[number];

/** Facts that may be missing from a row that is being read. */
const ROW_FACTS: ReadonlySet<ServerAction["type"]> = new Set<ServerAction["type"]>([
  "session.upserted",
  "session.changed",
  "session.totals",
  "step.ended",
]);
/** Facts that may be missing from messages that are being read. */
const MESSAGE_FACTS: ReadonlySet<ServerAction["type"]> = new Set<ServerAction["type"]>([
  "context.known",
  "step.started",
  "step.ended",
  "session.failed",
]);

interface Reading {
  isOvertaken: boolean;
}

/**
 * Reads single sessions again when the stream says too little, and their last messages when the row does. A
 * few at a time, each only once for several reasons, and none that are gone. An answer that the stream has
 * overtaken is not passed on.
 */
export class SessionReader {
  readonly #context: ConnectionContext;
  readonly #readAll: () => void;
  /** Sessions waiting for a free slot. */
  readonly #waiting = {
    row: new Set<string>(),
    messages: new Set<string>(),
    totals: new Set<string>(),
  };
  /** What is being read, and whether the stream has reported something newer meanwhile. */
  readonly #reading = new Map<string, Reading>();
  /** Consecutive failures, by what was read. */
  readonly #attempts = new Map<string, number>();
  /** Sessions that were not found once: one such answer may be a proxy's, or due to bad timing. */
  readonly #missed = new Set<string>();
  /** Server time of the session's row when its messages were last read. */
  readonly #learnedMs = new Map<string, number>();

  /** `readAll` requests a list of all sessions. */
  constructor(context: ConnectionContext, readAll: () => void) {
    this.#context = context;
    this.#readAll = readAll;
  }

  /** The stream reported something: answers under way may be older. */
  note(action: ServerAction): void {
    const sessionID = action.type === "session.upserted" ? action.session.id : undefined;
    const id = sessionID ?? ("sessionID" in action ? action.sessionID : undefined);
    if (id === undefined) return;
    if (action.type === "session.removed") {
      this.#forget(id);
      return;
    }
    if (ROW_FACTS.has(action.type)) {
      this.#missed.delete(id);
      this.#overtake("row", id);
      this.#overtake("totals", id);
    }
    if (MESSAGE_FACTS.has(action.type)) this.#overtake("messages", id);
  }

  /** Reads the session's row again soon, and once more when what is under way has settled. */
  markStale(sessionID: string): void {
    this.#readLater("row", sessionID, SETTLE_MS);
    this.#context.life.schedule(`late ${sessionID}`, LATE_MS, () => this.#read("row", sessionID));
  }

  /** After a turn, requests totals for steps that none have covered yet. */
  checkAfterTurn(sessionID: string): void {
    this.#context.life.schedule(`turn ${sessionID}`, AFTER_TURN_MS, async () => {
      const server = this.#context.getServer();
      const steps = server?.live.get(sessionID)?.steps.size ?? 0;
      const session = server?.sessions.get(sessionID);
      if (session?.totals === undefined) await this.#read("totals", sessionID);
      else if (steps > 0) await this.#read("row", sessionID);
    });
  }

  /** The context changed in a way only messages show. */
  contextChanged(sessionID: string): void {
    this.#learnedMs.delete(sessionID);
    this.#overtake("messages", sessionID);
    this.#readLater("messages", sessionID, SETTLE_MS);
  }

  /** Reads the last messages of sessions, unless read since the last change or known live. */
  learnContext(sessionIDs: readonly string[]): void {
    const server = this.#context.getServer();
    for (const sessionID of sessionIDs) {
      const session = server?.sessions.get(sessionID);
      if (session === undefined) continue;
      const isLive = server?.live.get(sessionID)?.context?.isEstimate === false;
      if (isLive || this.#learnedMs.get(sessionID) === session.updatedMs) continue;
      this.#learnedMs.set(sessionID, session.updatedMs);
      this.#context.life.start(() => this.#read("messages", sessionID));
    }
  }

  /** Servers before 1.14.49 have no totals: they are summed from messages, newest sessions first. */
  sumMissingTotals(sessions: readonly Session[]): void {
    const missing = sessions.filter((session) => session.totals === undefined);
    missing.sort((a, b) => b.updatedMs - a.updatedMs);
    for (const { id } of missing) this.#context.life.start(() => this.#read("totals", id));
  }

  /** The session is gone: stops reading anything about it. */
  #forget(sessionID: string): void {
    const { life } = this.#context;
    for (const kind of KINDS) {
      const key = keyOf(kind, sessionID);
      life.cancel(key);
      this.#waiting[kind].delete(sessionID);
      this.#attempts.delete(key);
      this.#overtake(kind, sessionID);
    }
    life.cancel(`late ${sessionID}`);
    life.cancel(`turn ${sessionID}`);
    this.#missed.delete(sessionID);
    this.#learnedMs.delete(sessionID);
  }

  #overtake(kind: Kind, sessionID: string): void {
    const reading = this.#reading.get(keyOf(kind, sessionID));
    if (reading !== undefined) reading.isOvertaken = true;
  }

  #readLater(kind: Kind, sessionID: string, delayMs: number): void {
    this.#context.life.schedule(keyOf(kind, sessionID), delayMs, () => this.#read(kind, sessionID));
  }

  /** Reads when a slot is free. Requested again while it waits, it is done once. */
  async #read(kind: Kind, sessionID: string): Promise<void> {
    if (kind === "row" && this.#waiting.row.size >= MAX_WAITING_ROWS) {
      this.#waiting.row.clear();
      this.#readAll();
      return;
    }
    this.#waiting[kind].add(sessionID);
    if (this.#reading.size >= MOST_READS) return;
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const reading = { isOvertaken: false };
      const key = keyOf(next.kind, next.sessionID);
      this.#reading.set(key, reading);
      try {
        await this.#readNow(next.kind, next.sessionID, reading);
      } finally {
        this.#reading.delete(key);
      }
    }
  }

  /** The next waiting read, skipping those already under way: whoever runs one comes back for it. */
  #next(): { readonly kind: Kind; readonly sessionID: string } | undefined {
    if (this.#context.life.isOver) return undefined;
    for (const kind of KINDS) {
      for (const sessionID of this.#waiting[kind]) {
        if (this.#reading.has(keyOf(kind, sessionID))) continue;
        this.#waiting[kind].delete(sessionID);
        return { kind, sessionID };
      }
    }
    return undefined;
  }

  async #readNow(kind: Kind, sessionID: string, reading: Reading): Promise<void> {
    const answer = await this.#ask(kind, sessionID);
    const { life } = this.#context;
    const key = keyOf(kind, sessionID);
    if (!answer.ok) {
      if (!life.isOver) this.#failed(kind, sessionID, answer.error);
      return;
    }
    this.#attempts.delete(key);
    if (kind === "row") this.#missed.delete(sessionID);
    if (!reading.isOvertaken) for (const action of answer.value) life.dispatch(action);
    else if (kind === "messages") this.#learnedMs.delete(sessionID);
    else if (this.#isKnown(sessionID)) this.#readLater(kind, sessionID, SETTLE_MS);
  }

  #isKnown(sessionID: string): boolean {
    return this.#context.getServer()?.sessions.has(sessionID) === true;
  }

  /** Retries failures that may be transient, later each time, and not before the server allows it. */
  #failed(kind: Kind, sessionID: string, error: ServerError): void {
    const { life, serverID } = this.#context;
    const key = keyOf(kind, sessionID);
    if (kind === "messages") this.#learnedMs.delete(sessionID);
    if (error.reason === "notFound") {
      if (kind !== "row") return;
      if (this.#missed.delete(sessionID)) {
        life.dispatch({ type: "session.removed", serverID, sessionID });
        this.#forget(sessionID);
      } else {
        this.#missed.add(sessionID);
        life.schedule(`late ${sessionID}`, LATE_MS, () => this.#read("row", sessionID));
      }
      return;
    }
    const attempt = this.#attempts.get(key) ?? 0;
    if (!PASSING.has(error.reason) || attempt >= MOST_ATTEMPTS) {
      this.#attempts.delete(key);
      return;
    }
    this.#attempts.set(key, attempt + 1);
    this.#readLater(kind, sessionID, Math.max(backoffMs(attempt), error.retryAfterMs ?? 0));
  }

  async #ask(kind: Kind, sessionID: string): Promise<Result<readonly ServerAction[]>> {
    const { gateway, life, serverID } = this.#context;
    switch (kind) {
      case "row": {
        const read = await gateway.getSession(sessionID, life.signal);
        if (!read.ok) return read;
        const session = read.value;
        if (session.totals === undefined) life.start(() => this.#read("totals", sessionID));
        return ok([{ type: "session.upserted", serverID, session, origin: "read" }]);
      }
      case "totals": {
        const totals = await gateway.sumTotals(sessionID, life.signal);
        if (!totals.ok) return totals;
        return ok([{ type: "session.totals", serverID, sessionID, totals: totals.value }]);
      }
      case "messages": {
        const page = await gateway.listMessages(sessionID, { limit: LAST_MESSAGES }, life.signal);
        if (!page.ok) return page;
        const { messages, olderCursor } = page.value;
        life.start(() => this.#learnTodos(sessionID));
        const known = this.#context.getServer()?.live.get(sessionID)?.context?.messageID;
        const isKnown = known !== undefined && messages.some(({ id }) => id === known);
        const learned = learnFromMessages(sessionID, messages, olderCursor === undefined);
        return ok(
          learned.flatMap((action) => {
            // The stream reports a step's figures before its message has them; until then an older one is latest.
            const isOlder =
              action.type === "context.known" && isKnown && action.context.messageID < known;
            return isOlder ? [] : [{ ...action, serverID }];
          }),
        );
      }
    }
  }

  /** To-dos are only reported when they change: earlier ones, or that there are none, are requested once. */
  async #learnTodos(sessionID: string): Promise<void> {
    const { gateway, getServer, life, serverID } = this.#context;
    const server = getServer();
    if (server?.capabilities.has("todo") !== true) return;
    if (server.live.get(sessionID)?.todo !== undefined) return;
    const todos = await gateway.todos(sessionID, life.signal);
    // The stream may have reported newer ones meanwhile.
    if (!todos.ok || getServer()?.live.get(sessionID)?.todo !== undefined) return;
    const progress = todoProgress(todos.value.map(({ status }) => status));
    life.dispatch({ type: "todo.changed", serverID, sessionID, ...progress });
  }
}

/** Failures that may be transient. */
const PASSING: ReadonlySet<ServerErrorReason> = new Set<ServerErrorReason>([
  "timeout",
  "unreachable",
  "rejected",
]);

function keyOf(kind: Kind, sessionID: string): string {
  return `${kind} ${sessionID}`;
}
