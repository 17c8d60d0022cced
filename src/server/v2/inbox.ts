import { arrayOf, idOf, objectOf } from "../narrow.ts";

/** Ids of settled items to remember, so that an answer that was under way does not bring them back. */
const REMEMBERED = 500;

/**
 * Prompts each session has accepted and not begun. Told by the stream and, after a snapshot, by the
 * session's own inbox; outlives a connection, because the stream has no replay.
 */
export class Inbox {
  private readonly waiting = new Map<string, Set<string>>();
  private readonly settled = new Set<string>();

  /** An item was accepted. Gives the number of prompts that wait. */
  enqueued(sessionID: string, itemID: string): number {
    if (this.settled.has(itemID)) return this.count(sessionID);
    const items = this.waiting.get(sessionID) ?? new Set();
    items.add(itemID);
    this.waiting.set(sessionID, items);
    return items.size;
  }

  /** An item was delivered or cancelled. Gives the number of prompts that still wait. */
  settle(sessionID: string, itemID: string): number {
    this.settled.add(itemID);
    for (const old of this.settled) {
      if (this.settled.size <= REMEMBERED) break;
      this.settled.delete(old);
    }
    const items = this.waiting.get(sessionID);
    items?.delete(itemID);
    if (items?.size === 0) this.waiting.delete(sessionID);
    return this.count(sessionID);
  }

  /** What the session's inbox itself holds. Gives the number of prompts that wait. */
  replace(sessionID: string, itemIDs: readonly string[]): number {
    const items = new Set(itemIDs.filter((id) => !this.settled.has(id)));
    if (items.size === 0) this.waiting.delete(sessionID);
    else this.waiting.set(sessionID, items);
    return items.size;
  }

  /** The stream was lost, and with it what was delivered meanwhile. */
  lostTrack(): void {
    this.waiting.clear();
  }

  forget(sessionID: string): void {
    this.waiting.delete(sessionID);
  }

  count(sessionID: string): number {
    return this.waiting.get(sessionID)?.size ?? 0;
  }
}

/** Ids of the prompts among the items of an inbox `[{id, type, …}]`. */
export function promptIDs(items: unknown): readonly string[] {
  return arrayOf(items).flatMap((item) => {
    const id = idOf(objectOf(item)["id"]);
    return id !== undefined && isPrompt(item) ? [id] : [];
  });
}

/** Requests to compact and notes of background tasks wait in the inbox too, but nobody typed them. */
export function isPrompt(item: unknown): boolean {
  const { type } = objectOf(item);
  return type === undefined || type === "prompt" || type === "user" || type === "command";
}
