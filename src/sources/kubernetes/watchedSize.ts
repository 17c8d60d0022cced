import { MAX_WATCHED_BYTES, MAX_WATCHED_OBJECTS } from "../../core/limits.ts";

/** What a watch has let in: how many objects there are, and how much was sent for them. */
export class WatchedSize {
  readonly #characters = new Map<string, number>();
  #sum = 0;

  /** Takes a complete list, which has limits of its own. Each object counts its share of the list. */
  listed(names: readonly string[], characters: number): void {
    this.#characters.clear();
    this.#sum = 0;
    for (const name of names) this.#set(name, characters / names.length);
  }

  /** Counts an object as it is now; false if there is no room for it. */
  put(name: string, characters: number): boolean {
    const before = this.#characters.get(name);
    const count = this.#characters.size + (before === undefined ? 1 : 0);
    const sum = this.#sum - (before ?? 0) + characters;
    if (count > MAX_WATCHED_OBJECTS || sum > MAX_WATCHED_BYTES) return false;
    this.#set(name, characters);
    return true;
  }

  remove(name: string): void {
    this.#sum -= this.#characters.get(name) ?? 0;
    this.#characters.delete(name);
  }

  #set(name: string, characters: number): void {
    this.remove(name);
    this.#characters.set(name, characters);
    this.#sum += characters;
  }
}
