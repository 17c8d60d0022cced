import { arrayOf, idOf, objectOf } from "../narrow.ts";

/** Number of settled items whose ids are remembered, so that an answer under way doesn't bring them back. */
const REMEMBERED = 500;

/**
 * Prompts that each session has accepted but not begun. Reported by the stream and, after a snapshot, by the
 * session's own inbox; outlives a connection, because the stream has no replay.
 */
export class Inbox {
  readonly #waiting = new Map<string, Set<string>>();
  readonly #settled = new Set<string>();

  /** An item was accepted. Returns the number of waiting prompts. */
  enqueued(sessionID: string, itemID: string): number {
    if (this.#settled.has(itemID)) return this.count(sessionID);
    const items = this.#waiting.get(sessionID) ?? new Set();
    items.add(itemID);
    this.#waiting.set(sessionID, items);
    return items.size;
  }

  /** An item was delivered or cancelled. Returns the number of prompts still waiting. */
  settle(sessionID: string, itemID: string): number {
    this.#settled.add(itemID);
    for (const old of this.#settled) {
      if (this.#settled.size <= REMEMBERED) break;
      this.#settled.delete(old);
    }
    const items = this.#waiting.get(sessionID);
    items?.delete(itemID);
    if (items?.size === 0) this.#waiting.delete(sessionID);
    return this.count(sessionID);
  }

  /** Takes over the contents of the session's own inbox. Returns the number of waiting prompts. */
  replace(sessionID: string, itemIDs: readonly string[]): number {
    const items = new Set(itemIDs.filter((id) => !this.#settled.has(id)));
    if (items.size === 0) this.#waiting.delete(sessionID);
    else this.#waiting.set(sessionID, items);
    return items.size;
  }

  /** The stream was lost, and with it the reports of what was delivered meanwhile. */
  lostTrack(): void {
    this.#waiting.clear();
  }

  forget(sessionID: string): void {
    this.#waiting.delete(sessionID);
  }

  count(sessionID: string): number {
    return this.#waiting.get(sessionID)?.size ?? 0;
  }
}

/** Ids of the prompts among the items of an inbox `[{id, type, …}]`. */
export function promptIDs(items: unknown): readonly string[] {
  return arrayOf(items).flatMap((item) => {
    const id = idOf(objectOf(item)["id"]);
    return id !== undefined && isPrompt(item) ? [id] : [];
  });
}

/** Compaction requests and notes of background tasks wait in the inbox too, but nobody typed them. */
export function isPrompt(item: unknown): boolean {
  const { type } = objectOf(item);
  return type === undefined || type === "prompt" || type === "user" || type === "command";
}
