import { getServer } from "../../core/state/lookup.ts";
import type { Message, TurnDiff } from "../../core/state/message.ts";
import { sessionKey, type SessionRef } from "../../core/state/session.ts";
import { sessionState } from "../../core/state/sessionState.ts";
import type { State } from "../../core/state/state.ts";
import { isOwnPrompt } from "../../viewModels/documents/turns.ts";

/** How many of the newest prompts are queried for files, on servers whose prompts do not include them. */
const ASKED_PROMPTS = 50;

/** Minimum time until a failed query is repeated. */
export const TURN_DIFFS_RETRY_MS = 30_000;

/** Asks a server which files a turn changed; undefined if unavailable. */
export type AskTurnDiffs = (
  ref: SessionRef,
  messageID: string,
) => Promise<readonly TurnDiff[] | undefined>;

/**
 * The messages of sessions with the files their turns changed. If a server's prompts include them, the messages
 * are returned unchanged; otherwise each prompt's files are queried once its turn is over, and cached.
 */
export class TurnDiffs {
  readonly #ask: AskTurnDiffs;
  readonly #onDidLearn: () => void;
  readonly #now: () => number;
  readonly #known = new Map<string, readonly TurnDiff[] | undefined>();
  /** When a failed query may be repeated. */
  readonly #retryMs = new Map<string, number>();

  constructor(ask: AskTurnDiffs, onDidLearn: () => void, now: () => number = Date.now) {
    this.#ask = ask;
    this.#onDidLearn = onDidLearn;
    this.#now = now;
  }

  /** Messages of a watched session; queries missing diffs, and calls `onDidLearn` when they arrive. */
  messages(state: State, ref: SessionRef): readonly Message[] {
    const messages = state.messages.get(sessionKey(ref.serverID, ref.sessionID))?.messages ?? [];
    if (getServer(state, ref.serverID)?.capabilities.has("turnDiffs") === true) return messages;
    const prompts = messages.filter(isOwnPrompt).slice(-ASKED_PROMPTS);
    const isRunning = sessionState(state, ref).kind !== "idle";
    const asked = new Map<string, readonly TurnDiff[]>();
    for (const prompt of prompts) {
      const isOver = prompt !== prompts.at(-1) || !isRunning;
      const diffs = this.#diffs(ref, prompt.id, isOver);
      if (diffs !== undefined) asked.set(prompt.id, diffs);
    }
    if (asked.size === 0) return messages;
    return messages.map((message) => {
      const diffs = asked.get(message.id);
      return diffs === undefined ? message : { ...message, diffs };
    });
  }

  #diffs(ref: SessionRef, messageID: string, isOver: boolean): readonly TurnDiff[] | undefined {
    const key = `${messageID}|${sessionKey(ref.serverID, ref.sessionID)}`;
    if (this.#known.has(key) || !isOver) return this.#known.get(key);
    if (this.#now() < (this.#retryMs.get(key) ?? 0)) return undefined;
    this.#known.set(key, undefined);
    void this.#ask(ref, messageID).then((diffs) => {
      // Repeated on a later read, but not at each of a session's updates.
      if (diffs === undefined) {
        this.#known.delete(key);
        this.#retryMs.set(key, this.#now() + TURN_DIFFS_RETRY_MS);
      } else {
        this.#retryMs.delete(key);
        this.#known.set(key, diffs);
        this.#onDidLearn();
      }
    });
    return undefined;
  }
}
