import * as vscode from "vscode";

import { getSession } from "../core/lookup.ts";
import { type SessionKey, sessionKey, type SessionRef } from "../core/session.ts";
import { BREAKDOWN_PANEL_TYPE } from "../platform/ids.ts";
import { isBreakdownChoices } from "../protocol/breakdown.ts";
import { cleanTitle } from "../viewModels/format.ts";
import { type BreakdownOptions, BreakdownPanel } from "./breakdownPanel.ts";

/**
 * The token breakdowns that are open, one panel a session, also those that VS Code brings back after a
 * reload of the window.
 */
export class BreakdownPanels implements vscode.Disposable, vscode.WebviewPanelSerializer {
  readonly #options: BreakdownOptions;
  readonly #panels = new Map<SessionKey, BreakdownPanel>();
  readonly #registrations: vscode.Disposable;

  constructor(options: BreakdownOptions) {
    this.#options = options;
    const stopListening = options.store.onDidChange((changes) => {
      for (const panel of this.#panels.values()) panel.handleChanges(changes);
    });
    this.#registrations = vscode.Disposable.from(
      vscode.window.registerWebviewPanelSerializer(BREAKDOWN_PANEL_TYPE, this),
      { dispose: stopListening },
    );
  }

  /** Opens the breakdown of a session, or brings it to the front where it is open. */
  open(ref: SessionRef): void {
    const known = this.#panels.get(sessionKey(ref.serverID, ref.sessionID));
    if (known !== undefined) {
      known.reveal();
      return;
    }
    const title = getSession(this.#options.store.state, ref)?.title ?? "";
    this.#add(
      ref,
      vscode.window.createWebviewPanel(
        BREAKDOWN_PANEL_TYPE,
        cleanTitle(title, 40),
        vscode.ViewColumn.Active,
        { enableFindWidget: true },
      ),
    );
  }

  /** Brings a panel back after a reload; one that says not whose it is, or is open already, is closed. */
  deserializeWebviewPanel(panel: vscode.WebviewPanel, kept: unknown): Promise<void> {
    const ref = isBreakdownChoices(kept) ? kept.ref : undefined;
    if (ref === undefined || this.#panels.has(sessionKey(ref.serverID, ref.sessionID))) {
      panel.dispose();
    } else this.#add(ref, panel);
    return Promise.resolve();
  }

  dispose(): void {
    this.#registrations.dispose();
    for (const panel of [...this.#panels.values()]) panel.dispose();
  }

  #add(ref: SessionRef, panel: vscode.WebviewPanel): void {
    const key = sessionKey(ref.serverID, ref.sessionID);
    const added = new BreakdownPanel(ref, panel, this.#options, (other) => {
      this.open(other);
    });
    this.#panels.set(key, added);
    panel.onDidDispose(() => {
      added.dispose();
      this.#panels.delete(key);
    });
  }
}
