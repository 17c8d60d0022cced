import type { ToolPart } from "../core/state/message.ts";
import { ok, type Result } from "../core/result.ts";
import { newestUpdateMs, type Session } from "../core/state/session.ts";
import type { Gateway } from "../server/gateway.ts";

/** Who is calling a tool, as far as the server shows. */
export type Caller =
  | { readonly kind: "found"; readonly sessionID: string }
  /** No call is visible. */
  | { readonly kind: "unseen" }
  /** Several sessions are calling at once, and nothing distinguishes them. */
  | { readonly kind: "ambiguous"; readonly sessionIDs: readonly string[] };

/** What a search needs from a server. */
export interface CallReading {
  readonly sessions: readonly Session[];
  /** Ids of the running sessions in some directories. */
  readActivities(directories: Iterable<string>): Promise<ReadonlySet<string>>;
  readonly gateway: Pick<Gateway, "listMessages">;
}

/** A running call of the tool without a session id. */
interface RunningCall {
  readonly sessionID: string;
  readonly callID: string;
}

/** The server records a call before it makes it; its database may lag a little. */
const SEEN_WITHIN_MS = 1_500;
const LOOK_AGAIN_MS = 100;
/** Number of a session's newest messages that may contain a running call. */
const LAST_MESSAGES = 4;
/** How recently a session must have changed to be a possible caller. */
const RECENT_MS = 10 * 60_000;
const MOST_DIRECTORIES = 8;

export interface CallingSessionOptions {
  /** Whether a tool with this name on the server is ours. */
  readonly isOurs: (tool: string) => boolean;
  /** Where we were started: on OpenCode 1, the directory of the sessions that may be calling. */
  readonly directory: string;
  /** A monotonic clock, in milliseconds. */
  readonly now?: (() => number) | undefined;
}

/**
 * Finds the session behind a call that names none. A call over the Model Context Protocol doesn't say whose
 * it is, but the server shows the running tool calls (observed on 1.18): the session with a running call of
 * our tool is the caller. If there are several, the caller is unknown and isn't guessed.
 */
export class CallingSession {
  readonly #options: CallingSessionOptions;
  /** Calls whose session was already found: they run until they are answered, and belong to no one else. */
  readonly #attributed = new Set<string>();
  #searches = 0;

  constructor(options: CallingSessionOptions) {
    this.#options = options;
  }

  /** Must be called while the tool call is running. */
  async find(reading: CallReading): Promise<Result<Caller>> {
    this.#searches++;
    try {
      const calls = await this.#settledCalls(reading);
      if (!calls.ok) return calls;
      const sessionIDs = [...new Set(calls.value.map(({ sessionID }) => sessionID))];
      const [sessionID] = sessionIDs;
      if (sessionID === undefined) return ok({ kind: "unseen" });
      if (sessionIDs.length > 1) return ok({ kind: "ambiguous", sessionIDs });
      const [call] = calls.value;
      if (call !== undefined) this.#attributed.add(call.callID);
      return ok({ kind: "found", sessionID });
    } finally {
      this.#searches--;
    }
  }

  /** The unanswered calls, once two looks agree: a call that isn't visible yet may be the one in question. */
  async #settledCalls(reading: CallReading): Promise<Result<readonly RunningCall[]>> {
    const now = this.#options.now ?? (() => performance.now());
    const endMs = now() + SEEN_WITHIN_MS;
    let before = "";
    for (;;) {
      const seen = await this.#runningCalls(reading);
      if (!seen.ok) return seen;
      const open = seen.value.filter(({ callID }) => !this.#attributed.has(callID));
      const shown = open.map(({ callID }) => callID).join(" ");
      const isSettled = open.length >= this.#searches && shown === before;
      if (isSettled || now() > endMs) return ok(open);
      before = shown;
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  async #runningCalls(reading: CallReading): Promise<Result<readonly RunningCall[]>> {
    const { directory } = this.#options;
    const sinceMs = newestUpdateMs(reading.sessions) - RECENT_MS;
    const recent = reading.sessions
      .filter(({ updatedMs }) => updatedMs >= sinceMs)
      .sort((a, b) => b.updatedMs - a.updatedMs)
      .map((session) => session.directory);
    let busy = await reading.readActivities([directory]);
    // The folder may be known by another name, e.g. behind a symbolic link.
    if (busy.size === 0) {
      busy = await reading.readActivities([...new Set(recent)].slice(0, MOST_DIRECTORIES));
    }
    const calls: RunningCall[] = [];
    for (const sessionID of busy) {
      const page = await reading.gateway.listMessages(sessionID, { limit: LAST_MESSAGES });
      if (!page.ok) return page;
      for (const part of page.value.messages.flatMap(({ parts }) => parts)) {
        if (part.kind !== "tool" || !this.#isOpenCall(part)) continue;
        calls.push({ sessionID, callID: part.callID });
      }
    }
    return ok(calls);
  }

  #isOpenCall({ tool, status, input }: ToolPart): boolean {
    if (status !== "running" || !this.#options.isOurs(tool)) return false;
    return typeof input !== "object" || input === null || !("sessionID" in input);
  }
}
