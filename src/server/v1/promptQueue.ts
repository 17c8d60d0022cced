/**
 * Counts prompts that a session has accepted but not begun: user messages without an answering step. OpenCode
 * 1 has no call for it; message ids ascend in time, so an answer to one settles all before it.
 */
export class PromptQueue {
  readonly #waiting = new Map<string, string[]>();
  readonly #unbegun = new Set<string>();
  readonly #lastAnswered = new Map<string, string>();
  readonly #lastAsked = new Map<string, string>();

  /** A session was created: until its first turn, its messages are a fork's copies, or the one being begun. */
  created(sessionID: string): void {
    this.#unbegun.add(sessionID);
  }

  /** Whether a session was just created and hasn't run a turn yet: its messages may be copies. */
  hasNotStarted(sessionID: string): boolean {
    return this.#unbegun.has(sessionID);
  }

  /** A turn is running in a session. */
  turnStarted(sessionID: string): void {
    this.#unbegun.delete(sessionID);
  }

  /** A user message was seen (for the first time or again). Returns the number waiting behind the running turn. */
  promptSeen(sessionID: string, messageID: string): number {
    if (messageID > (this.#lastAsked.get(sessionID) ?? ""))
      this.#lastAsked.set(sessionID, messageID);
    if (this.hasNotStarted(sessionID)) return this.#count(sessionID);
    if (messageID <= (this.#lastAnswered.get(sessionID) ?? "")) return this.#count(sessionID);
    const waiting = this.#waiting.get(sessionID) ?? [];
    if (!waiting.includes(messageID)) this.#waiting.set(sessionID, [...waiting, messageID]);
    return this.#count(sessionID);
  }

  /** A step answers a user message. Returns the number still waiting. */
  promptAnswered(sessionID: string, userMessageID: string | undefined): number {
    if (userMessageID === undefined) return this.#count(sessionID);
    const last = this.#lastAnswered.get(sessionID) ?? "";
    if (userMessageID > last) this.#lastAnswered.set(sessionID, userMessageID);
    const left = (this.#waiting.get(sessionID) ?? []).filter((id) => id > userMessageID);
    if (left.length === 0) this.#waiting.delete(sessionID);
    else this.#waiting.set(sessionID, left);
    return left.length;
  }

  /** Whether something newer than this was asked: reports about its answer are history. */
  isPast(sessionID: string, userMessageID: string | undefined): boolean {
    return userMessageID !== undefined && userMessageID < (this.#lastAsked.get(sessionID) ?? "");
  }

  /** The session is idle or gone: nothing is waiting. */
  forget(sessionID: string): void {
    this.#unbegun.delete(sessionID);
    this.#waiting.delete(sessionID);
  }

  /** Before a turn's first answer, the first message is being begun, not queued. */
  #count(sessionID: string): number {
    return this.#waiting.get(sessionID)?.length ?? 0;
  }
}
