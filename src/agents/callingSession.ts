import type { ToolPart } from "../core/state/message.ts";
import { ok, type Result } from "../core/result.ts";
import type { Session } from "../core/state/session.ts";
import type { Gateway } from "../server/gateway.ts";

/** Who calls a tool, as far as the server shows. */
export type Caller =
  | { readonly kind: "found"; readonly sessionID: string }
  /** No call can be seen. */
  | { readonly kind: "unseen" }
  /** Several sessions call at once, and nothing tells them apart. */
  | { readonly kind: "ambiguous"; readonly sessionIDs: readonly string[] };

/** What a search asks of a server. */
export interface CallReading {
  readonly sessions: readonly Session[];
  /** Ids of the sessions at work in some directories. */
  readActivities(directories: Iterable<string>): Promise<ReadonlySet<string>>;
  readonly gateway: Pick<Gateway, "listMessages">;
}

/** A running call of the tool without a session's id. */
interface RunningCall {
  readonly sessionID: string;
  readonly callID: string;
}

/** The server writes a call down before it makes it; its database may lag a little. */
const SEEN_WITHIN_MS = 1_500;
const LOOK_AGAIN_MS = 100;
/** Of the newest messages of a session those among which a running call is. */
const LAST_MESSAGES = 4;
/** How far back a session may have changed that may be calling. */
const RECENT_MS = 10 * 60_000;
const MOST_DIRECTORIES = 8;

export interface CallingSessionOptions {
  /** Whether a tool of this name, as the server has it, is ours. */
  readonly isOurs: (tool: string) => boolean;
  /** Where we were started: on OpenCode 1 the directory of the sessions that may call. */
  readonly directory: string;
}

/**
 * Finds the session behind a call that names none. A call over the Model Context Protocol does not tell whose
 * it is, but the server shows the tool calls that run (observed on 1.18): the session with a running call of our
 * tool is the caller. With several at once nobody can tell, and nobody is guessed.
 */
export class CallingSession {
  private readonly options: CallingSessionOptions;
  /** Calls whose session was told: they run until they are answered, and are nobody else's. */
  private readonly told = new Set<string>();
  private searches = 0;

  constructor(options: CallingSessionOptions) {
    this.options = options;
  }

  /** To be asked while the call runs. */
  async find(reading: CallReading): Promise<Result<Caller>> {
    this.searches++;
    try {
      const calls = await this.settledCalls(reading);
      if (!calls.ok) return calls;
      const sessionIDs = [...new Set(calls.value.map(({ sessionID }) => sessionID))];
      const [sessionID] = sessionIDs;
      if (sessionID === undefined) return ok({ kind: "unseen" });
      if (sessionIDs.length > 1) return ok({ kind: "ambiguous", sessionIDs });
      const [call] = calls.value;
      if (call !== undefined) this.told.add(call.callID);
      return ok({ kind: "found", sessionID });
    } finally {
      this.searches--;
    }
  }

  /** The calls that wait for an answer, once two looks agree: one that is not seen yet may be the one meant. */
  private async settledCalls(reading: CallReading): Promise<Result<readonly RunningCall[]>> {
    const endMs = Date.now() + SEEN_WITHIN_MS;
    let before = "";
    for (;;) {
      const seen = await this.runningCalls(reading);
      if (!seen.ok) return seen;
      const open = seen.value.filter(({ callID }) => !this.told.has(callID));
      const now = open.map(({ callID }) => callID).join(" ");
      const isSettled = open.length >= this.searches && now === before;
      if (isSettled || Date.now() > endMs) return ok(open);
      before = now;
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  private async runningCalls(reading: CallReading): Promise<Result<readonly RunningCall[]>> {
    const { directory } = this.options;
    const sinceMs = Date.now() - RECENT_MS;
    const recent = reading.sessions
      .filter(({ updatedMs }) => updatedMs >= sinceMs)
      .sort((a, b) => b.updatedMs - a.updatedMs)
      .map((session) => session.directory);
    let busy = await reading.readActivities([directory]);
    // The folder may be known by another name, as behind a symbolic link.
    if (busy.size === 0) {
      busy = await reading.readActivities([...new Set(recent)].slice(0, MOST_DIRECTORIES));
    }
    const calls: RunningCall[] = [];
    for (const sessionID of busy) {
      const page = await reading.gateway.listMessages(sessionID, { limit: LAST_MESSAGES });
      if (!page.ok) return page;
      for (const part of page.value.messages.flatMap(({ parts }) => parts)) {
        if (part.kind !== "tool" || !this.isOpenCall(part)) continue;
        calls.push({ sessionID, callID: part.callID });
      }
    }
    return ok(calls);
  }

  private isOpenCall({ tool, status, input }: ToolPart): boolean {
    if (status !== "running" || !this.options.isOurs(tool)) return false;
    return typeof input !== "object" || input === null || !("sessionID" in input);
  }
}
