import * as vscode from "vscode";

import type { SessionRef } from "../../core/state/session.ts";
import { SESSION_VIEW_ID } from "../../platform/ids.ts";
import type { SessionPlace } from "../../viewModels/conversation/sessionPlace.ts";
import { SessionPage, type SessionPageOptions } from "./sessionPage.ts";

/** Provides the active session. */
export interface ActiveSessionSource {
  readonly current: SessionRef | undefined;
  readonly onDidChange: vscode.Event<SessionRef | undefined>;
}

/** The page of the active session in the side bar; follows when another session becomes active. */
export class SessionView implements vscode.Disposable, vscode.WebviewViewProvider {
  readonly #options: SessionPageOptions;
  readonly #active: ActiveSessionSource;
  readonly #open: (ref: SessionRef, place: SessionPlace) => void;
  readonly #parts: vscode.Disposable;
  #view: vscode.WebviewView | undefined;
  #content: SessionPage | undefined;

  constructor(
    options: SessionPageOptions,
    active: ActiveSessionSource,
    open: (ref: SessionRef, place: SessionPlace) => void,
  ) {
    this.#options = options;
    this.#active = active;
    this.#open = open;
    this.#parts = vscode.Disposable.from(
      vscode.window.registerWebviewViewProvider(SESSION_VIEW_ID, this),
      active.onDidChange(() => {
        this.#fill();
      }),
      new vscode.Disposable(
        options.store.onDidChange((changes) => {
          this.#content?.handleChanges(changes);
        }),
      ),
    );
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.#view = view;
    view.onDidDispose(() => {
      if (this.#view !== view) return;
      this.#view = undefined;
      this.#clear();
    });
    this.#fill();
  }

  /** Schedules sending everything again, after the currency or turn diffs have changed. */
  redraw(): void {
    this.#content?.redraw();
  }

  dispose(): void {
    this.#parts.dispose();
    this.#clear();
  }

  #fill(): void {
    const ref = this.#active.current;
    this.#clear();
    if (this.#view === undefined || ref === undefined) return;
    this.#content = new SessionPage(ref, this.#view, this.#options, this.#open);
  }

  #clear(): void {
    this.#content?.dispose();
    this.#content = undefined;
  }
}
