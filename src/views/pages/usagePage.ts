import * as vscode from "vscode";

import type { Changes } from "../../core/state/changes.ts";
import type { Log } from "../../core/log.ts";
import { placeNames } from "../../core/usage/placeNames.ts";
import { type SessionRef, sessionKey } from "../../core/state/session.ts";
import type { SideBarWidth } from "../../core/state/shownParts.ts";
import { shownRef } from "../../core/state/shown.ts";
import type { State } from "../../core/state/state.ts";
import type { StateReader } from "../../core/state/store.ts";
import type { UsageSource } from "../../core/usage/usageSource.ts";
import { pickOne } from "../../platform/messages.ts";
import { openSetting } from "../../platform/openSetting.ts";
import type { FromPage, ToUsage } from "../../protocol/page.ts";
import {
  contextComposition,
  type SessionContext,
} from "../../viewModels/usage/sessionComposition.ts";
import { type UsageModel, usageModel } from "../../viewModels/usage/usage.ts";
import {
  usageCards,
  usageFileName,
  usagePage,
  usagePageJSON,
} from "../../viewModels/usage/usagePage.ts";
import {
  changeChoices,
  DEFAULT_USAGE_CHOICES,
  type SessionSlot,
  type UsageChoices,
} from "../../viewModels/usage/usageChoices.ts";
import { usageSessionItems } from "../../viewModels/usage/usageSessionItems.ts";
import { openWebview, type PageHost } from "./openWebview.ts";
import { Paced } from "../paced.ts";
import { writePageFile } from "./pageFiles.ts";

/** Dependencies of the usage pages, provided by the front door. */
export interface UsagePagesOptions {
  readonly extensionUri: vscode.Uri;
  readonly usage: UsageSource;
  readonly store: StateReader;
  /** Keeps a session's messages in the state until the returned function is called. */
  readonly watch: (ref: SessionRef) => () => void;
  readonly openBreakdown: (ref: SessionRef) => void;
  /** Reports that something the user asked for failed. */
  readonly reportFailure: (what: string, error: unknown) => void;
  readonly log: Log;
  /** Called when a page in the side bar reports its width. */
  readonly onWidth: (width: SideBarWidth) => void;
}

/** The choices a page starts with, overriding its previous ones. */
export type UsageStart = Partial<UsageChoices>;

/** Minimum time between two snapshots while sessions are running. */
const SNAPSHOT_INTERVAL_MS = 1000;
/** Building a model takes longer the larger the ledger: changes are then ignored for this multiple of that time. */
const REST_FACTOR = 15;
/** How often a visible page is updated without a change: a new day may begin or a budget's period end. */
const TICK_MS = 60_000;

/**
 * The content of the usage view or panel: sends a complete snapshot for its choices when the webview reports
 * that it is ready, when the user changes a choice, and when usage changed; handles the webview's requests. A
 * hidden webview does not exist and is sent nothing.
 */
export class UsagePage implements vscode.Disposable {
  readonly #host: PageHost;
  readonly #name: "usageView" | "usagePanel";
  readonly #options: UsagePagesOptions;
  readonly #openPanel: (start: UsageStart) => void;
  readonly #subscriptions: vscode.Disposable[];
  readonly #snapshots: Paced;
  #choices: UsageChoices;
  /** The choices the page was opened with, which take precedence over those VS Code kept. */
  #start: UsageStart;
  /** Whether the webview's script is running and listening. */
  #isReady = false;
  /** No snapshot for a change before this time. */
  #restsUntilMs = 0;
  /** What the page shows, which is exactly what gets copied or saved. */
  #sent: UsageModel | undefined;
  #watched: { readonly sessionID: string; readonly stop: () => void } | undefined;
  /** Sessions of the servers in the tree, as last computed. */
  #known: { readonly servers: State["servers"]; readonly ids: ReadonlySet<string> } | undefined;

  constructor(
    host: PageHost,
    name: "usageView" | "usagePanel",
    options: UsagePagesOptions,
    start: UsageStart,
    openPanel: (start: UsageStart) => void,
  ) {
    this.#host = host;
    this.#name = name;
    this.#options = options;
    this.#openPanel = openPanel;
    this.#start = start;
    this.#choices = { ...DEFAULT_USAGE_CHOICES, ...start };
    this.#snapshots = new Paced(SNAPSHOT_INTERVAL_MS, () => {
      this.#send();
    });
    const ticks = setInterval(() => {
      this.#request();
    }, TICK_MS);
    this.#subscriptions = [
      ...openWebview(host, {
        ...{ extensionUri: options.extensionUri, log: options.log, onWidth: options.onWidth },
        ...{ page: name, title: vscode.l10n.t("OpenCode Usage") },
        onMessage: (message) => {
          this.#answer(message);
        },
        onShown: () => {
          this.#request();
        },
        onHidden: () => {
          this.#isReady = false;
          this.#watch(undefined);
        },
      }),
      new vscode.Disposable(
        options.usage.onDidChange(() => {
          this.#request();
        }),
      ),
      new vscode.Disposable(
        options.store.onDidChange((changes) => {
          if (this.#isTouched(changes)) this.#request();
        }),
      ),
      new vscode.Disposable(() => {
        clearInterval(ticks);
      }),
    ];
  }

  /** Changes the choices, when the open panel is requested again. */
  start(start: UsageStart): void {
    if (!this.#isReady) this.#start = { ...this.#start, ...start };
    this.#choose({ ...this.#choices, ...start });
  }

  dispose(): void {
    this.#snapshots.dispose();
    this.#watched?.stop();
    this.#watched = undefined;
    for (const subscription of this.#subscriptions.splice(0)) subscription.dispose();
  }

  #isTouched(changes: Changes): boolean {
    const ref = this.#refOf(this.#watched?.sessionID);
    return (
      changes.structure ||
      (ref !== undefined && changes.messages.has(sessionKey(ref.serverID, ref.sessionID)))
    );
  }

  #request(): void {
    if (this.#isReady) this.#snapshots.request(this.#restsUntilMs - performance.now());
  }

  #send(): void {
    if (!this.#isReady || !this.#host.visible) return;
    const beganMs = performance.now();
    const model = this.#model();
    const endedMs = performance.now();
    this.#restsUntilMs = endedMs + REST_FACTOR * (endedMs - beganMs);
    this.#sent = model;
    if (model !== undefined) {
      this.#watch(model.composition?.session.sessionID);
      this.#post({ type: "snapshot", model: usagePage(model, this.#kind) });
      return;
    }
    const { failure } = this.#options.usage;
    this.#post({
      type: "waiting",
      isOver: failure !== undefined,
      message:
        failure === undefined
          ? vscode.l10n.t("Opening the usage ledger…")
          : vscode.l10n.t("The usage ledger cannot be opened: {0}", failure),
    });
  }

  #model(): UsageModel | undefined {
    const { store, usage } = this.#options;
    const snapshot = usage.current();
    if (snapshot === undefined) return undefined;
    const known = this.#sessionIDs();
    return usageModel({
      snapshot,
      choices: this.#choices,
      serverNames: placeNames(store.state, (serverID) => usage.placeOf(serverID)),
      page: this.#kind,
      fillsSlots: true,
      canOpen: (sessionID) => known.has(sessionID),
      contextOf: (sessionID) => this.#contextOf(sessionID),
    });
  }

  get #kind(): "panel" | "view" {
    return this.#name === "usagePanel" ? "panel" : "view";
  }

  #sessionIDs(): ReadonlySet<string> {
    const { servers } = this.#options.store.state;
    if (this.#known?.servers !== servers) {
      const ids = new Set([...servers.values()].flatMap(({ sessions }) => [...sessions.keys()]));
      this.#known = { servers, ids };
    }
    return this.#known.ids;
  }

  #refOf(sessionID: string | undefined): SessionRef | undefined {
    const { state } = this.#options.store;
    if (sessionID === undefined) return undefined;
    for (const [serverID, { sessions }] of state.servers) {
      if (sessions.has(sessionID)) return shownRef(state, { serverID, sessionID });
    }
    return undefined;
  }

  #contextOf(sessionID: string): Omit<SessionContext, "session"> {
    const ref = this.#refOf(sessionID);
    if (ref === undefined) {
      const reason = vscode.l10n.t("No server in the tree has this session now");
      return { context: undefined, reason };
    }
    const known = this.#options.store.state.messages.get(sessionKey(ref.serverID, ref.sessionID));
    if (known === undefined || (known.messages.length === 0 && !known.isComplete)) {
      return { context: undefined, reason: known?.error };
    }
    return { context: contextComposition(known.messages, known.isComplete), reason: known.error };
  }

  /** Watches the messages of the session whose context is shown, as long as it is shown. */
  #watch(sessionID: string | undefined): void {
    const ref = this.#refOf(sessionID);
    if (this.#watched?.sessionID === ref?.sessionID) return;
    this.#watched?.stop();
    this.#watched =
      ref === undefined ? undefined : { sessionID: ref.sessionID, stop: this.#options.watch(ref) };
  }

  #choose(choices: UsageChoices): void {
    this.#choices = choices;
    this.#send();
  }

  #post(message: ToUsage): void {
    // Delivery does not matter: the next snapshot contains everything again.
    void this.#host.webview.postMessage(message);
  }

  #answer(message: FromPage): void {
    const { usage, log, openBreakdown } = this.#options;
    switch (message.type) {
      case "ready":
        this.#isReady = true;
        this.#choices = { ...(message.choices ?? this.#choices), ...this.#start };
        this.#start = {};
        void usage.open();
        this.#choose(this.#choices);
        return;
      case "choose":
        this.#choose(changeChoices(this.#choices, message.change));
        return;
      case "pickSession":
        this.#do(this.#pickSession(message.slot));
        return;
      case "openSession": {
        const ref = this.#refOf(message.sessionID);
        if (ref !== undefined) openBreakdown(ref);
        return;
      }
      case "openPanel": {
        const { range, measure } = this.#choices;
        this.#openPanel({ range, measure, drill: message.drill });
        return;
      }
      case "openSetting":
        void openSetting(message.setting);
        return;
      case "refill":
        void usage.refill();
        return;
      case "cancelFill":
        usage.cancelFill();
        return;
      case "copy":
      case "export":
      case "savePicture": {
        const model = this.#sent;
        if (model === undefined) return;
        this.#do(
          writePageFile(message, {
            table: (id) => usageCards(model, this.#kind).find((card) => card.id === id)?.table,
            json: () => usagePageJSON(model),
            fileName: (id = "usage") => usageFileName(model.nowMs, id),
          }),
        );
        return;
      }
      default:
        log.warn("usage", `the page asked for ${message.type}, which only a breakdown has`);
    }
  }

  async #pickSession(slot: SessionSlot): Promise<void> {
    const snapshot = this.#options.usage.current();
    if (snapshot === undefined) return;
    const known = this.#sessionIDs();
    const items = usageSessionItems(snapshot, slot === "composition" ? known : undefined);
    const picked = await pickOne(items, {
      placeHolder:
        slot === "composition"
          ? vscode.l10n.t("Session whose context to show")
          : vscode.l10n.t("Session to compare"),
      matchOnDescription: true,
    });
    if (picked === undefined) return;
    const { sessionID } = picked;
    this.#choose(changeChoices(this.#choices, { kind: "session", slot, sessionID }));
  }

  #do(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#options.reportFailure(vscode.l10n.t("Usage"), error);
    });
  }
}
