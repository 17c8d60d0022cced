import * as vscode from "vscode";

import type { Changes } from "../core/changes.ts";
import type { Log } from "../core/log.ts";
import { getServer, getSession } from "../core/lookup.ts";
import { type SessionKey, sessionKey, type SessionRef } from "../core/session.ts";
import type { ChangeListener } from "../core/store.ts";
import type { State } from "../core/state.ts";
import { type FromBreakdown, isFromBreakdown, type ToBreakdown } from "../protocol/breakdown.ts";
import { type BreakdownModel, breakdownModel } from "../viewModels/breakdown.ts";
import { breakdownAbsence, lastBreakdown } from "../viewModels/breakdownAbsence.ts";
import { cleanTitle } from "../viewModels/format.ts";
import { copyTable, saveChart, saveTable } from "./breakdownFiles.ts";
import { chartsIcon, loadWebview } from "./loadWebview.ts";
import { Paced } from "./paced.ts";

/** What the panels are given by the front door. */
export interface BreakdownOptions {
  readonly extensionUri: vscode.Uri;
  readonly store: {
    readonly state: State;
    onDidChange(listener: ChangeListener): () => void;
  };
  /** Keeps a session's messages in the state until the returned function is called. */
  readonly watch: (ref: SessionRef) => () => void;
  /** Compacts a session; tells its own failures. */
  readonly compact: (ref: SessionRef) => void;
  /** Tells a person that something they asked for did not happen. */
  readonly tellFailure: (what: string, error: unknown) => void;
  readonly log: Log;
}

/** Least time between two snapshots while the session is at work; longer for long sessions. */
const SNAPSHOT_INTERVAL_MS = 200;
const LONG_SESSION_POINTS = 1000;

/**
 * The content of a panel: the token breakdown of one session. Sends the whole truth when the webview says that it is
 * ready, when it is looked at again, and when something changed; does what the webview asks for. A hidden
 * webview does not exist and is sent nothing.
 */
export class BreakdownPanel implements vscode.Disposable {
  readonly #ref: SessionRef;
  readonly #key: SessionKey;
  readonly #panel: vscode.WebviewPanel;
  readonly #options: BreakdownOptions;
  readonly #open: (ref: SessionRef) => void;
  readonly #subscriptions: vscode.Disposable[];
  readonly #snapshots: Paced;
  readonly #longSnapshots: Paced;
  #stopWatching: (() => void) | undefined;
  /** Whether the webview's script runs and listens. */
  #isReady = false;
  #last: { readonly model: BreakdownModel; readonly atMs: number } | undefined;

  constructor(
    ref: SessionRef,
    panel: vscode.WebviewPanel,
    options: BreakdownOptions,
    open: (ref: SessionRef) => void,
  ) {
    this.#ref = ref;
    this.#key = sessionKey(ref.serverID, ref.sessionID);
    this.#panel = panel;
    this.#options = options;
    this.#open = open;
    const send = (): void => {
      this.#send();
    };
    this.#snapshots = new Paced(SNAPSHOT_INTERVAL_MS, send);
    this.#longSnapshots = new Paced(2 * SNAPSHOT_INTERVAL_MS, send);
    this.#subscriptions = [
      panel.webview.onDidReceiveMessage((message: unknown) => {
        this.#receive(message);
      }),
      panel.onDidChangeViewState(() => {
        // A hidden webview is gone; the one that comes says `ready` again.
        if (!panel.visible) this.#isReady = false;
        else this.#request();
      }),
    ];
    this.#watch();
    this.#load();
  }

  /** Sends a new snapshot soon when the changes touch what is shown. */
  handleChanges(changes: Changes): void {
    const isTouched =
      changes.sessions.has(this.#key) ||
      changes.messages.has(this.#key) ||
      changes.servers.has(this.#ref.serverID) ||
      changes.structure;
    if (!isTouched) return;
    this.#watch();
    this.#request();
  }

  dispose(): void {
    this.#snapshots.dispose();
    this.#longSnapshots.dispose();
    this.#stopWatching?.();
    for (const subscription of this.#subscriptions.splice(0)) subscription.dispose();
  }

  /** Watches the session's messages as long as its server is there. */
  #watch(): void {
    const isKnown = getServer(this.#options.store.state, this.#ref.serverID) !== undefined;
    if (isKnown) this.#stopWatching ??= this.#options.watch(this.#ref);
    else {
      this.#stopWatching?.();
      this.#stopWatching = undefined;
    }
  }

  #load(): void {
    const { extensionUri } = this.#options;
    this.#panel.iconPath = chartsIcon(extensionUri);
    loadWebview(this.#panel.webview, extensionUri, "breakdown", vscode.l10n.t("Token breakdown"));
  }

  #request(): void {
    if (!this.#isReady) return;
    const points = this.#last?.model.points.length ?? 0;
    (points > LONG_SESSION_POINTS ? this.#longSnapshots : this.#snapshots).request();
  }

  #send(): void {
    if (!this.#isReady || !this.#panel.visible) return;
    const { state } = this.#options.store;
    const nowMs = Date.now();
    const model = breakdownModel(state, this.#ref, nowMs);
    if (model !== undefined) {
      this.#last = { model, atMs: nowMs };
      const title = cleanTitle(model.title, 40);
      if (this.#panel.title !== title) this.#panel.title = title;
      this.#post({ type: "snapshot", model });
    } else if (this.#last !== undefined) {
      const last = lastBreakdown(this.#last.model, state, nowMs, this.#last.atMs);
      this.#post({ type: "snapshot", model: last });
    } else {
      this.#post({
        type: "waiting",
        ref: this.#ref,
        absence: breakdownAbsence(state, this.#ref),
      });
    }
  }

  #post(message: ToBreakdown): void {
    // Whether it arrives does not matter: the next one holds everything again.
    void this.#panel.webview.postMessage(message);
  }

  #receive(message: unknown): void {
    if (!isFromBreakdown(message)) {
      this.#options.log.warn("breakdown", "a message of the webview was not understood");
      return;
    }
    this.#answer(message);
  }

  #answer(message: FromBreakdown): void {
    const { compact, log, store } = this.#options;
    const model = breakdownModel(store.state, this.#ref, Date.now()) ?? this.#last?.model;
    switch (message.type) {
      case "ready":
        this.#isReady = true;
        this.#send();
        return;
      case "openSession": {
        const other = { serverID: this.#ref.serverID, sessionID: message.sessionID };
        if (getSession(store.state, other) !== undefined) this.#open(other);
        return;
      }
      case "compact":
        compact(this.#ref);
        return;
      case "reload":
        this.#stopWatching?.();
        this.#stopWatching = undefined;
        this.#watch();
        return;
      case "copy":
        if (model !== undefined) this.#do(copyTable(model, message.table, message.format));
        return;
      case "export":
        if (model !== undefined) this.#do(saveTable(model, message.table, message.format));
        return;
      case "savePicture":
        if (model !== undefined) this.#do(saveChart(model, message.chart, message.dataURL));
        return;
      case "problem":
        log.error("breakdown", `in the webview: ${message.message}`);
    }
  }

  #do(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#options.tellFailure(vscode.l10n.t("Export"), error);
    });
  }
}
