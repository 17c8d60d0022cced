import * as vscode from "vscode";

import { type SessionKey, sessionKey, type SessionRef } from "../core/session.ts";

/** Terminals that show a session, one a session, as long as their program runs. */
export class SessionTerminals {
  readonly #terminals = new Map<SessionKey, vscode.Terminal>();
  readonly #listener: vscode.Disposable;

  constructor() {
    this.#listener = vscode.window.onDidCloseTerminal((closed) => {
      for (const [key, terminal] of this.#terminals) {
        if (terminal === closed) this.#terminals.delete(key);
      }
    });
  }

  /** Shows the session's terminal, made by `options` when it has none. */
  async show(
    { serverID, sessionID }: SessionRef,
    options: () => Promise<vscode.TerminalOptions>,
  ): Promise<void> {
    const key = sessionKey(serverID, sessionID);
    let terminal = this.#terminals.get(key);
    if (terminal === undefined || terminal.exitStatus !== undefined) {
      terminal = vscode.window.createTerminal(await options());
      this.#terminals.set(key, terminal);
    }
    terminal.show();
  }

  /** The terminals stay: they are the person's, and end when their program does. */
  dispose(): void {
    this.#listener.dispose();
    this.#terminals.clear();
  }
}
