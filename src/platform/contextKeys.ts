import * as vscode from "vscode";

import type { ContextKey, ContextKeyValues } from "./ids.ts";

/** Sets context keys for `when` clauses; unchanged values are not sent again. */
export class ContextKeys {
  readonly #sent = new Map<ContextKey, unknown>();

  set<K extends ContextKey>(key: K, value: ContextKeyValues[K]): void {
    if (this.#sent.get(key) === value) return;
    this.#sent.set(key, value);
    void vscode.commands.executeCommand("setContext", key, value);
  }
}
