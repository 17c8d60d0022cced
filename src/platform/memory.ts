import type * as vscode from "vscode";

/** How often a write is repeated when another one undoes it. */
const MOST_WRITES = 10;

/**
 * One remembered value, of this workspace or of the user. `parse` narrows what an older version may have stored; invalid
 * values read as undefined. Only the user's choices are stored, never figures.
 *
 * A value is held here until it is known to be stored. When a write to a user's memento comes back from the window,
 * VS Code replaces every value in it by what they were when that write was sent (observed on 1.139), so a value that was
 * set in between reads as the older one for a while, and may be lost.
 */
export class Remembered<T> {
  readonly #memento: Pick<vscode.Memento, "get" | "update">;
  readonly #key: string;
  readonly #parse: (stored: unknown) => T | undefined;
  /** The last value that was set, while it is being stored. */
  #pending: { readonly value: T | undefined } | undefined;

  constructor(
    memento: Pick<vscode.Memento, "get" | "update">,
    key: string,
    parse: (stored: unknown) => T | undefined,
  ) {
    this.#memento = memento;
    this.#key = key;
    this.#parse = parse;
  }

  get(): T | undefined {
    return this.#parse(this.#pending ? this.#pending.value : this.#memento.get<unknown>(this.#key));
  }

  /** Setting undefined removes the value. A value that cannot be stored lasts as long as the window. */
  set(value: T | undefined): void {
    const pending = { value };
    this.#pending = pending;
    this.#store(pending).catch(() => undefined);
  }

  async #store(pending: { readonly value: T | undefined }): Promise<void> {
    const written = JSON.stringify(pending.value);
    for (let writes = 0; writes < MOST_WRITES && this.#pending === pending; writes++) {
      await this.#memento.update(this.#key, pending.value);
      const isStored = JSON.stringify(this.#memento.get<unknown>(this.#key)) === written;
      if (isStored && this.#pending === pending) this.#pending = undefined;
    }
  }
}
