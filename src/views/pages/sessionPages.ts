import * as vscode from "vscode";

import { getSession } from "../../core/state/lookup.ts";
import { type SessionKey, sessionKey, type SessionRef } from "../../core/state/session.ts";
import { SESSION_PANEL_TYPE } from "../../platform/ids.ts";
import { parseKeptSession } from "../../protocol/parse.ts";
import { cleanTitle } from "../../viewModels/text/format.ts";
import type { SessionPlace } from "../../viewModels/conversation/sessionPlace.ts";
import { SessionPage, type SessionPageOptions } from "./sessionPage.ts";

/** A panel of VS Code, and what fills it. */
interface OpenPanel {
  readonly ref: SessionRef;
  readonly panel: vscode.WebviewPanel;
  readonly content: SessionPage;
}

interface SessionPagesOptions extends SessionPageOptions {
  /** Somebody asked for the page of a session. */
  readonly onDidOpen: (ref: SessionRef) => void;
}

/**
 * The pages of sessions that are open, one panel a session, also those that VS Code brings back after a
 * reload of the window.
 */
export class SessionPages implements vscode.Disposable, vscode.WebviewPanelSerializer {
  readonly #options: SessionPagesOptions;
  readonly #panels = new Map<SessionKey, OpenPanel>();
  readonly #registrations: vscode.Disposable;

  constructor(options: SessionPagesOptions) {
    this.#options = options;
    const stopListening = options.store.onDidChange((changes) => {
      for (const { content } of this.#panels.values()) content.handleChanges(changes);
    });
    this.#registrations = vscode.Disposable.from(
      vscode.window.registerWebviewPanelSerializer(SESSION_PANEL_TYPE, this),
      { dispose: stopListening },
    );
  }

  /** Opens the page of a session, or brings it to the front where it is open, at a tab or a message. */
  open(ref: SessionRef, place?: SessionPlace): void {
    this.#options.onDidOpen(ref);
    const known = this.#panels.get(sessionKey(ref.serverID, ref.sessionID));
    if (known !== undefined) {
      known.panel.reveal();
      if (place !== undefined) known.content.show(place);
      return;
    }
    const title = getSession(this.#options.store.state, ref)?.title ?? "";
    this.#add(
      ref,
      vscode.window.createWebviewPanel(
        SESSION_PANEL_TYPE,
        cleanTitle(title, 40),
        vscode.ViewColumn.Active,
        { enableFindWidget: true },
      ),
      place,
    );
  }

  /** Brings a panel back after a reload; one that says not whose it is, or is open already, is closed. */
  deserializeWebviewPanel(panel: vscode.WebviewPanel, kept: unknown): Promise<void> {
    const ref = parseKeptSession(kept);
    if (ref === undefined || this.#panels.has(sessionKey(ref.serverID, ref.sessionID))) {
      panel.dispose();
    } else this.#add(ref, panel);
    return Promise.resolve();
  }

  /** Sends every page a new snapshot soon: what figures look like has changed. */
  redraw(): void {
    for (const { content } of this.#panels.values()) content.redraw();
  }

  /** Goes to the next (1) or previous (-1) message on the page in front; false when there is none. */
  goToMessage(direction: 1 | -1): boolean {
    const front = [...this.#panels.values()].find(({ panel }) => panel.active);
    front?.content.goToMessage(direction);
    return front !== undefined;
  }

  /** The session of the page in front. */
  get active(): SessionRef | undefined {
    return [...this.#panels.values()].find(({ panel }) => panel.active)?.ref;
  }

  dispose(): void {
    this.#registrations.dispose();
    for (const { panel } of [...this.#panels.values()]) panel.dispose();
  }

  #add(ref: SessionRef, panel: vscode.WebviewPanel, place?: SessionPlace): void {
    const key = sessionKey(ref.serverID, ref.sessionID);
    const open = (other: SessionRef, at: SessionPlace): void => {
      this.open(other, at);
    };
    const content = new SessionPage(ref, panel, this.#options, open, place);
    this.#panels.set(key, { ref, panel, content });
    panel.onDidDispose(() => {
      content.dispose();
      this.#panels.delete(key);
    });
  }
}
