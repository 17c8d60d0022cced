import * as vscode from "vscode";

import { type SessionKey, sessionKey, type SessionRef } from "../../core/state/session.ts";

/** How to create a terminal. */
export interface TerminalStart {
  readonly options: vscode.TerminalOptions;
  /** Called once the terminal is closed. */
  readonly closed?: () => void;
}

/** Terminals that show a session, one per session, as long as their program runs. */
export class SessionTerminals {
  readonly #terminals = new Map<
    SessionKey,
    { readonly terminal: vscode.Terminal; readonly closed: (() => void) | undefined }
  >();
  readonly #listener: vscode.Disposable;

  constructor() {
    this.#listener = vscode.window.onDidCloseTerminal((closed) => {
      for (const [key, shown] of this.#terminals) {
        if (shown.terminal !== closed) continue;
        this.#terminals.delete(key);
        shown.closed?.();
      }
    });
  }

  /** Shows the session's terminal; creates it with `start` if there is none. */
  async show(
    { serverID, sessionID }: SessionRef,
    start: () => Promise<TerminalStart>,
  ): Promise<void> {
    const key = sessionKey(serverID, sessionID);
    let shown = this.#terminals.get(key);
    if (shown === undefined || shown.terminal.exitStatus !== undefined) {
      const { options, closed } = await start();
      shown?.closed?.();
      shown = { terminal: vscode.window.createTerminal(options), closed };
      this.#terminals.set(key, shown);
    }
    shown.terminal.show();
  }

  /** Terminals stay open: they belong to the user, and end when their program does. */
  dispose(): void {
    this.#listener.dispose();
    this.#terminals.clear();
  }
}
