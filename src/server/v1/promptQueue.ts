/**
 * Counts prompts a session has accepted and not begun: user messages without an answering step. OpenCode 1
 * has no call for it; message ids ascend in time, so an answer to one settles all before it.
 */
export class PromptQueue {
  private readonly waiting = new Map<string, string[]>();
  private readonly unbegun = new Set<string>();
  private readonly lastAnswered = new Map<string, string>();
  private readonly lastAsked = new Map<string, string>();

  /** A session was made: until its first turn its messages are copied ones, of a fork, or the one being begun. */
  created(sessionID: string): void {
    this.unbegun.add(sessionID);
  }

  /** Whether a session was made a moment ago and no turn of it has run: its messages may be copied ones. */
  isUnbegun(sessionID: string): boolean {
    return this.unbegun.has(sessionID);
  }

  /** A turn runs in a session. */
  began(sessionID: string): void {
    this.unbegun.delete(sessionID);
  }

  /** A user message was seen (first or again). Gives the number waiting behind the running turn. */
  asked(sessionID: string, messageID: string): number {
    if (messageID > (this.lastAsked.get(sessionID) ?? "")) this.lastAsked.set(sessionID, messageID);
    if (this.isUnbegun(sessionID)) return this.count(sessionID);
    if (messageID <= (this.lastAnswered.get(sessionID) ?? "")) return this.count(sessionID);
    const waiting = this.waiting.get(sessionID) ?? [];
    if (!waiting.includes(messageID)) this.waiting.set(sessionID, [...waiting, messageID]);
    return this.count(sessionID);
  }

  /** A step answers a user message. Gives the number still waiting. */
  answered(sessionID: string, userMessageID: string | undefined): number {
    if (userMessageID === undefined) return this.count(sessionID);
    const last = this.lastAnswered.get(sessionID) ?? "";
    if (userMessageID > last) this.lastAnswered.set(sessionID, userMessageID);
    const left = (this.waiting.get(sessionID) ?? []).filter((id) => id > userMessageID);
    if (left.length === 0) this.waiting.delete(sessionID);
    else this.waiting.set(sessionID, left);
    return left.length;
  }

  /** Whether something newer was asked than this: what is told of its answer is history. */
  isPast(sessionID: string, userMessageID: string | undefined): boolean {
    return userMessageID !== undefined && userMessageID < (this.lastAsked.get(sessionID) ?? "");
  }

  /** The session is idle or gone: nothing waits. */
  forget(sessionID: string): void {
    this.unbegun.delete(sessionID);
    this.waiting.delete(sessionID);
  }

  /** Before the first answer of a turn the first message is being begun, not queued. */
  private count(sessionID: string): number {
    return this.waiting.get(sessionID)?.length ?? 0;
  }
}
