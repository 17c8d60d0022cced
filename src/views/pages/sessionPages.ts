import * as vscode from "vscode";

import { getSession } from "../../core/state/lookup.ts";
import { type SessionKey, sessionKey, type SessionRef } from "../../core/state/session.ts";
import { SESSION_PANEL_TYPE } from "../../platform/ids.ts";
import { parseKeptSession } from "../../protocol/parse.ts";
import { cleanTitle } from "../../viewModels/text/format.ts";
import { pendingBelow } from "../../viewModels/conversation/requests.ts";
import type { SessionPlace } from "../../viewModels/conversation/sessionPlace.ts";
import { SessionPage, type SessionPageOptions } from "./sessionPage.ts";

/** A panel of VS Code and its content. */
interface OpenPanel {
  readonly ref: SessionRef;
  readonly panel: vscode.WebviewPanel;
  readonly content: SessionPage;
}

interface SessionPagesOptions extends SessionPageOptions {
  /** Called when the page of a session is requested. */
  readonly onDidOpen: (ref: SessionRef) => void;
}

/**
 * The open pages of sessions, one panel per session, including those VS Code restores after a reload of the
 * window.
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

  /** Opens a session's page, or brings it to the front if it is open, at a tab or a message. */
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

  /** Restores a panel after a reload; closes it if it names no session, or its session is already open. */
  deserializeWebviewPanel(panel: vscode.WebviewPanel, kept: unknown): Promise<void> {
    const ref = parseKeptSession(kept);
    if (ref === undefined || this.#panels.has(sessionKey(ref.serverID, ref.sessionID))) {
      panel.dispose();
    } else this.#add(ref, panel);
    return Promise.resolve();
  }

  /** Schedules a new snapshot for every page, after the currency or turn diffs have changed. */
  redraw(): void {
    for (const { content } of this.#panels.values()) content.redraw();
  }

  /** Goes to the next (1) or previous (-1) prompt on the active page; false if no page is active. */
  goToMessage(direction: 1 | -1): boolean {
    const front = this.#front;
    front?.content.goToMessage(direction);
    return front !== undefined;
  }

  /** The session of the active page. */
  get active(): SessionRef | undefined {
    return this.#front?.ref;
  }

  /** Whether the active page has the cards of a session's requests: its own page, or that of an ancestor. */
  showsRequestsOf({ sessionID }: SessionRef): boolean {
    const front = this.#front;
    if (front?.content.tab !== "conversation") return false;
    const pending = pendingBelow(this.#options.store.state, front.ref);
    return pending.some(({ ref }) => ref.sessionID === sessionID);
  }

  dispose(): void {
    this.#registrations.dispose();
    for (const { panel } of [...this.#panels.values()]) panel.dispose();
  }

  get #front(): OpenPanel | undefined {
    return [...this.#panels.values()].find(({ panel }) => panel.active);
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
