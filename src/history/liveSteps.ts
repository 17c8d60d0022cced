import type { Action } from "../core/state/actions.ts";
import type { LedgerPlace, LedgerSession } from "../core/ledger/table.ts";
import type { Log } from "../core/log.ts";
import { getSession } from "../core/state/lookup.ts";
import type { ModelRef } from "../core/state/model.ts";
import type { State } from "../core/state/state.ts";
import { addTokens, NO_TOKENS, type Tokens } from "../core/usage/usage.ts";
import { checkFigures, type LedgerRow, RANK_STREAMED, secondsOf } from "./ledgerRow.ts";
import { ledgerSessionOf } from "./serverFill.ts";
import type { UsageLedger } from "./usageLedger.ts";

export interface LiveStepsOptions {
  readonly ledger: UsageLedger;
  /** Where a server's history lives; undefined for a server that shouldn't be recorded. */
  readonly placeOf: (serverID: string) => LedgerPlace | undefined;
  /** Whether a server keeps the cost of reverted answers in its totals. */
  readonly keepsReverted: (serverID: string) => boolean;
  /** With all previously reported actions applied. */
  readonly getState: () => State;
  /** Our clock. */
  readonly now: () => number;
  readonly log: Log;
}

/** Changes within this time are written together. Longer than the store takes to learn of a new session. */
const WRITE_AFTER_MS = 250;
/** Number of answers that are remembered while they may still get further steps. */
const MOST_ANSWERS = 2000;

interface Answer {
  readonly serverID: string;
  readonly sessionID: string;
  readonly model: ModelRef | undefined;
  readonly agent: string | undefined;
  readonly isSummary: boolean;
  /** By the server's clock; a fork's copy of the message has the same time. */
  readonly createdMs: number;
  readonly steps: Map<string, { readonly costUSD: number; readonly tokens: Tokens }>;
}

/**
 * Records in the ledger what the servers' streams report: each step as it ends, and what was deleted. Needs
 * to receive every action. A later fill replaces these rows with the server's own record.
 */
export class LiveSteps {
  readonly #options: LiveStepsOptions;
  readonly #answers = new Map<string, Answer>();
  readonly #compacting = new Set<string>();
  #ended = new Set<string>();
  #removedMessages: { serverID: string; sessionID: string; messageID: string }[] = [];
  #removedSessions: { serverID: string; sessionID: string }[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LiveStepsOptions) {
    this.#options = options;
  }

  /** Handles one action; those not about steps and removals cost next to nothing. */
  readonly onAction = (action: Action): void => {
    switch (action.type) {
      case "step.started":
        this.#begin(action);
        return;
      case "step.ended": {
        const { messageID } = action.step;
        const answer = this.#answers.get(messageID);
        // A fork repeats the steps it copied, without reporting that they begin. Steps that were only half
        // seen, e.g. after a lost connection, are left to the next fill too.
        if (answer === undefined) return;
        answer.steps.set(action.stepID, action.step);
        this.#ended.add(messageID);
        this.#writeSoon();
        return;
      }
      case "compaction.started":
        this.#compacting.add(action.sessionID);
        return;
      case "compaction.ended":
        this.#compacting.delete(action.sessionID);
        return;
      case "message.removed":
        if (this.#options.keepsReverted(action.serverID)) return;
        this.#removedMessages.push({
          serverID: action.serverID,
          sessionID: action.sessionID,
          messageID: action.messageID,
        });
        this.#writeSoon();
        return;
      case "session.removed":
        this.#removedSessions.push(action);
        this.#writeSoon();
        return;
      default:
    }
  };

  /** Writes what has arrived so far; resolves when it is on disk or could not be written. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const ended = this.#ended;
    const removedMessages = this.#removedMessages;
    const removedSessions = this.#removedSessions;
    this.#ended = new Set();
    this.#removedMessages = [];
    this.#removedSessions = [];
    const nowMs = this.#options.now();
    const writes = new Map<string, Write>();
    for (const messageID of ended) {
      const answer = this.#answers.get(messageID);
      const write = answer && this.#writeFor(writes, answer.serverID);
      if (answer === undefined || write === undefined) continue;
      const session = getSession(this.#options.getState(), answer);
      if (session !== undefined && !write.sessions.has(session.id)) {
        write.sessions.set(session.id, ledgerSessionOf(session, write.place.id, nowMs));
      }
      write.rows.push(rowOf(messageID, answer, answer.model ?? session?.model, nowMs));
    }
    for (const { serverID, ...message } of removedMessages) {
      this.#writeFor(writes, serverID)?.goneMessages.push(message);
    }
    for (const { serverID, sessionID } of removedSessions) {
      this.#writeFor(writes, serverID)?.goneSessionIDs.push(sessionID);
    }
    await Promise.all([...writes.values()].map((write) => this.#write(write, secondsOf(nowMs))));
  }

  async dispose(): Promise<void> {
    await this.flush();
    this.#answers.clear();
  }

  #begin(step: {
    readonly serverID: string;
    readonly sessionID: string;
    readonly messageID: string;
    readonly createdMs: number;
    readonly model: ModelRef | undefined;
    readonly agent: string | undefined;
  }): void {
    const { serverID, sessionID, messageID, createdMs, model, agent } = step;
    if (this.#answers.has(messageID)) return;
    const isSummary = this.#compacting.has(sessionID) && model === undefined;
    const answer: Answer = {
      serverID,
      sessionID,
      model,
      agent: isSummary ? "compaction" : agent,
      isSummary,
      createdMs,
      steps: new Map(),
    };
    this.#answers.set(messageID, answer);
    if (this.#answers.size > MOST_ANSWERS) {
      for (const oldest of this.#answers.keys()) {
        if (this.#ended.has(oldest)) continue;
        this.#answers.delete(oldest);
        break;
      }
    }
  }

  async #write(write: Write, observedAtS: number): Promise<void> {
    const { place, sessions, rows, goneMessages, goneSessionIDs } = write;
    const gone = { observedAtS, messages: goneMessages, sessionIDs: goneSessionIDs };
    const changes = { places: [place], sessions: [...sessions.values()], rows, gone };
    // The ledger reports a failed write, and keeps the changes.
    await this.#options.ledger.record(changes, place.id).catch(() => undefined);
  }

  #writeFor(writes: Map<string, Write>, serverID: string): Write | undefined {
    const place = this.#options.placeOf(serverID);
    if (place === undefined) return undefined;
    let write = writes.get(place.id);
    if (write === undefined) {
      write = { place, sessions: new Map(), rows: [], goneMessages: [], goneSessionIDs: [] };
      writes.set(place.id, write);
    }
    return write;
  }

  #writeSoon(): void {
    this.#timer ??= setTimeout(() => {
      void this.flush();
    }, WRITE_AFTER_MS);
  }
}

interface Write {
  readonly place: LedgerPlace;
  readonly sessions: Map<string, LedgerSession>;
  readonly rows: LedgerRow[];
  readonly goneMessages: { readonly sessionID: string; readonly messageID: string }[];
  readonly goneSessionIDs: string[];
}

function rowOf(
  messageID: string,
  answer: Answer,
  model: ModelRef | undefined,
  nowMs: number,
): LedgerRow {
  let tokens = NO_TOKENS;
  let costUSD = 0;
  for (const step of answer.steps.values()) {
    tokens = addTokens(tokens, step.tokens);
    costUSD += step.costUSD;
  }
  const { cache, ...counts } = tokens;
  const checked = checkFigures({ ...counts, read: cache.read, write: cache.write, costUSD });
  return {
    messageID,
    sessionID: answer.sessionID,
    createdMs: answer.createdMs,
    providerID: model?.providerID ?? "",
    modelID: model?.modelID ?? "",
    agent: answer.agent ?? "",
    tokens: checked.tokens,
    costUSD: checked.costUSD,
    rank: RANK_STREAMED,
    isSummary: answer.isSummary,
    // Unknown until the next answer begins: the next fill reads it.
    endsTurn: false,
    isGone: false,
    hasBadFigures: checked.areBad,
    recordedAtS: secondsOf(nowMs),
    observedAtS: secondsOf(nowMs),
  };
}
