import type * as vscode from "vscode";

/**
 * One remembered value of this workspace. `parse` narrows what an older version may have stored; what it
 * does not accept reads as undefined. Only choices of the user are remembered, never figures.
 */
export class Remembered<T> {
  readonly #memento: vscode.Memento;
  readonly #key: string;
  readonly #parse: (stored: unknown) => T | undefined;

  constructor(memento: vscode.Memento, key: string, parse: (stored: unknown) => T | undefined) {
    this.#memento = memento;
    this.#key = key;
    this.#parse = parse;
  }

  get(): T | undefined {
    return this.#parse(this.#memento.get<unknown>(this.#key));
  }

  /** Storing undefined forgets the value. */
  set(value: T | undefined): void {
    void this.#memento.update(this.#key, value);
  }
}
