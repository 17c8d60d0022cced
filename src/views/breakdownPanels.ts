import * as vscode from "vscode";

import { getSession } from "../core/lookup.ts";
import { type SessionKey, sessionKey, type SessionRef } from "../core/session.ts";
import { BREAKDOWN_PANEL_TYPE } from "../platform/ids.ts";
import { isBreakdownChoices } from "../protocol/breakdown.ts";
import { cleanTitle } from "../viewModels/format.ts";
import type { BreakdownOptions, BreakdownPanel } from "./breakdownPanel.ts";

/** A panel of VS Code, and what fills it once that is loaded. */
interface OpenPanel {
  readonly panel: vscode.WebviewPanel;
  content: BreakdownPanel | undefined;
}

/**
 * The token breakdowns that are open, one panel a session, also those that VS Code brings back after a
 * reload of the window.
 */
export class BreakdownPanels implements vscode.Disposable, vscode.WebviewPanelSerializer {
  readonly #options: BreakdownOptions;
  readonly #panels = new Map<SessionKey, OpenPanel>();
  readonly #registrations: vscode.Disposable;

  constructor(options: BreakdownOptions) {
    this.#options = options;
    const stopListening = options.store.onDidChange((changes) => {
      for (const { content } of this.#panels.values()) content?.handleChanges(changes);
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
      known.panel.reveal();
      return;
    }
    const title = getSession(this.#options.store.state, ref)?.title ?? "";
    void this.#add(
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
  async deserializeWebviewPanel(panel: vscode.WebviewPanel, kept: unknown): Promise<void> {
    const ref = isBreakdownChoices(kept) ? kept.ref : undefined;
    if (ref === undefined || this.#panels.has(sessionKey(ref.serverID, ref.sessionID))) {
      panel.dispose();
    } else await this.#add(ref, panel);
  }

  dispose(): void {
    this.#registrations.dispose();
    for (const { panel } of [...this.#panels.values()]) panel.dispose();
  }

  /** Fills a panel with code that is loaded with the first one. */
  async #add(ref: SessionRef, panel: vscode.WebviewPanel): Promise<void> {
    const key = sessionKey(ref.serverID, ref.sessionID);
    const added: OpenPanel = { panel, content: undefined };
    this.#panels.set(key, added);
    panel.onDidDispose(() => {
      added.content?.dispose();
      this.#panels.delete(key);
    });
    try {
      const { BreakdownPanel } = await import("./breakdownPanel.ts");
      // It may have been closed meanwhile.
      if (this.#panels.get(key) !== added) return;
      added.content = new BreakdownPanel(ref, panel, this.#options, (other) => {
        this.open(other);
      });
    } catch (error) {
      panel.dispose();
      this.#options.tellFailure(vscode.l10n.t("Show Token Breakdown"), error);
    }
  }
}
