import * as vscode from "vscode";

import type { Changes } from "../../core/state/changes.ts";
import type { Log } from "../../core/log.ts";
import { isLoopbackURL } from "../../core/state/endpoint.ts";
import { getServer, getSession } from "../../core/state/lookup.ts";
import type { Message } from "../../core/state/message.ts";
import { type SessionKey, sessionKey, type SessionRef } from "../../core/state/session.ts";
import type { SideBarWidth } from "../../core/state/shownParts.ts";
import type { StateReader } from "../../core/state/store.ts";
import type { State } from "../../core/state/state.ts";
import { type CommandID } from "../../platform/ids.ts";
import { openSetting } from "../../platform/openSetting.ts";
import type { FromPage, SessionCommand, ToSession } from "../../protocol/page.ts";
import {
  breakdownModel,
  type SessionFacts,
  sessionFacts,
} from "../../viewModels/breakdown/breakdown.ts";
import {
  breakdownAbsence,
  type KnownSession,
  knownSession,
  lastFacts,
} from "../../viewModels/breakdown/breakdownAbsence.ts";
import { ConversationFeed, findMessages } from "../../viewModels/conversation/conversation.ts";
import { filesChanged } from "../../viewModels/documents/filesChanged.ts";
import { cleanTitle } from "../../viewModels/text/format.ts";
import { breakdownJSON, exportName } from "../../viewModels/breakdown/breakdownExport.ts";
import { breakdownTable } from "../../viewModels/breakdown/breakdownTables.ts";
import type { SessionPlace, SessionTab } from "../../viewModels/conversation/sessionPlace.ts";
import type { TurnDiffs } from "../documents/turnDiffs.ts";
import { openLink } from "./openLink.ts";
import { openWebview, type PageHost } from "./openWebview.ts";
import { writePageFile } from "./pageFiles.ts";
import { Paced } from "../paced.ts";
import { type PromptSource, SessionPrompt } from "./sessionPrompt.ts";
import { type SendAnswer, SessionRequests } from "./sessionRequests.ts";

/** Dependencies of the pages, provided by the front door. */
export interface SessionPageOptions {
  readonly extensionUri: vscode.Uri;
  readonly store: StateReader;
  /** Keeps a session's messages in the state until the returned function is called. */
  readonly watch: (ref: SessionRef) => () => void;
  /** Messages with the files their turns changed. */
  readonly diffs: Pick<TurnDiffs, "messages">;
  readonly prompts: PromptSource;
  readonly sendAnswer: SendAnswer;
  /** Reports that something the user asked for failed. */
  readonly reportFailure: (what: string, error: unknown) => void;
  readonly log: Log;
  /** Called when a page in the side bar reports its width. */
  readonly onWidth: (width: SideBarWidth) => void;
}

/** Minimum time between two updates of a conversation while it is being written. */
const CONVERSATION_INTERVAL_MS = 80;
/** Minimum time between two snapshots while the session is running; longer for long sessions. */
const SNAPSHOT_INTERVAL_MS = 200;
const LONG_SESSION_POINTS = 1000;
/** Delay while messages load: most sessions are ready sooner, and are drawn once, complete. */
const LOADING_MS = 300;

/** The extension's commands behind a page's buttons. */
const COMMANDS: Readonly<Record<SessionCommand, CommandID>> = {
  compact: "opencodeSessions.compactSession",
  fork: "opencodeSessions.forkSession",
  openMarkdown: "opencodeSessions.openMarkdown",
  rename: "opencodeSessions.renameSession",
  revert: "opencodeSessions.revertSession",
  stop: "opencodeSessions.stopSession",
  unrevert: "opencodeSessions.unrevertSession",
};
const OPEN_FILE_DIFFS: CommandID = "opencodeSessions.openFileDiffs";

/**
 * The content of a panel or view: one session, to read, answer and inspect. Sends the visible tab's content
 * when the webview reports that it is ready, when it becomes visible again, and when something changed;
 * handles the webview's requests. A hidden webview does not exist and is sent nothing. After the session was
 * deleted or its server removed, the last content stays.
 */
export class SessionPage implements vscode.Disposable {
  readonly #ref: SessionRef;
  readonly #key: SessionKey;
  readonly #panel: PageHost;
  readonly #options: SessionPageOptions;
  readonly #open: (ref: SessionRef, place: SessionPlace) => void;
  readonly #subscriptions: vscode.Disposable[];
  readonly #conversation = new ConversationFeed();
  readonly #prompt: SessionPrompt;
  readonly #requests: SessionRequests;
  readonly #updates: Paced;
  readonly #snapshots: Paced;
  #stopWatching: () => void;
  /** Whether the webview's script is running and listening. */
  #isReady = false;
  #tab: SessionTab = "conversation";
  /** Where to go once the page exists. */
  #place: SessionPlace | undefined;
  /** Whether to go to the message that failed last, once the messages are known. */
  #seeksFailure = false;
  #known: KnownSession | undefined;
  /** Number of points in the charts. */
  #points = 0;

  constructor(
    ref: SessionRef,
    panel: PageHost,
    options: SessionPageOptions,
    open: (ref: SessionRef, place: SessionPlace) => void,
    place?: SessionPlace,
  ) {
    this.#ref = ref;
    this.#key = sessionKey(ref.serverID, ref.sessionID);
    this.#panel = panel;
    this.#options = options;
    this.#open = open;
    this.#prompt = new SessionPrompt(
      ref,
      () => options.store.state,
      options.prompts,
      (said) => {
        this.#post({ type: "prompt", said });
      },
    );
    this.#requests = new SessionRequests(
      ref,
      () => options.store.state,
      options.sendAnswer,
      (said) => {
        this.#post({ type: "requests", said });
      },
    );
    this.#updates = new Paced(CONVERSATION_INTERVAL_MS, () => {
      this.#sendConversation();
    });
    this.#snapshots = new Paced(
      () => {
        const isLong = this.#points > LONG_SESSION_POINTS;
        return isLong ? 2 * SNAPSHOT_INTERVAL_MS : SNAPSHOT_INTERVAL_MS;
      },
      () => {
        this.#send();
      },
    );
    this.#follow();
    this.#stopWatching = options.watch(ref);
    this.#subscriptions = openWebview(panel, {
      ...{ extensionUri: options.extensionUri, log: options.log, onWidth: options.onWidth },
      ...{ page: "session", title: vscode.l10n.t("Session"), tab: place?.tab },
      onMessage: (message) => {
        this.#answer(message);
      },
      onShown: () => {
        this.#request();
      },
      onHidden: () => {
        this.#isReady = false;
        this.#prompt.stop();
        this.#requests.stop();
      },
    });
    if (place !== undefined) this.show(place);
  }

  /** The visible tab. */
  get tab(): SessionTab {
    return this.#tab;
  }

  /** Schedules an update if the changes affect what is shown. Must be called for every change of the state. */
  handleChanges(changes: Changes): void {
    this.#follow();
    const isTouched =
      changes.sessions.has(this.#key) ||
      changes.messages.has(this.#key) ||
      changes.servers.has(this.#ref.serverID) ||
      changes.structure;
    if (isTouched) this.#request();
  }

  /** Schedules sending everything again, after the currency or turn diffs have changed. */
  redraw(): void {
    this.#conversation.forgetMessages();
    this.#request();
  }

  /** Switches to a tab, and in the conversation to a message. */
  show({ prompt, requestID, atFailure = false, ...place }: SessionPlace): void {
    this.#seeksFailure = atFailure;
    if (this.#isReady) this.#post({ type: "show", ...place });
    else this.#place = place;
    if (prompt !== undefined) this.#prompt.focus(prompt);
    if (requestID !== undefined) this.#requests.focus(requestID);
    if (atFailure) this.#request();
  }

  /** Goes to the next (1) or previous (-1) prompt of the conversation. */
  goToMessage(direction: 1 | -1): void {
    this.#post({ type: "show", tab: "conversation", direction });
  }

  dispose(): void {
    this.#prompt.dispose();
    this.#updates.dispose();
    this.#snapshots.dispose();
    this.#stopWatching();
    for (const subscription of this.#subscriptions.splice(0)) subscription.dispose();
  }

  #follow(): void {
    this.#known = knownSession(this.#known, this.#options.store.state, this.#ref, Date.now());
  }

  #request(): void {
    if (!this.#isReady) return;
    this.#prompt.update();
    this.#requests.update();
    if (this.#tab === "conversation") this.#updates.request();
    // Most sessions are ready sooner, and their charts are then drawn once, complete.
    const waitMs = this.#tab === "charts" && this.#isLoading() ? LOADING_MS : 0;
    this.#snapshots.request(waitMs);
  }

  #isLoading(): boolean {
    const known = this.#options.store.state.messages.get(this.#key);
    return known?.isComplete === false && known.error === undefined;
  }

  #sendConversation(): void {
    if (!this.#isReady || !this.#panel.visible || this.#known === undefined) return;
    const { state, goneMs } = this.#known;
    const messages = this.#options.diffs.messages(state, this.#ref);
    const isGone = goneMs !== undefined;
    const update = this.#conversation.update(state, this.#ref, messages, isGone);
    if (update !== undefined) this.#post({ type: "conversation", update });
    if (this.#seeksFailure) this.#goToFailure(messages);
  }

  #goToFailure(messages: readonly Message[]): void {
    const messageID = messages.findLast(({ error }) => error !== undefined)?.id;
    // A turn may fail without a message: the end says why.
    this.#seeksFailure = messageID === undefined && this.#isLoading();
    if (messageID !== undefined) this.#post({ type: "show", tab: "conversation", messageID });
  }

  #send(): void {
    if (!this.#isReady || !this.#panel.visible) return;
    const facts = this.#read(sessionFacts);
    if (facts === undefined) {
      const absence = breakdownAbsence(this.#options.store.state, this.#ref);
      this.#post({ type: "waiting", ref: this.#ref, ...absence });
      return;
    }
    this.#showTitle(cleanTitle(facts.title, 40));
    if (this.#tab === "conversation" || this.#tab === "changes") {
      this.#post({ type: "facts", facts });
      if (this.#tab === "changes") this.#sendChanges();
      return;
    }
    const model = this.#read(breakdownModel);
    if (model === undefined) return;
    this.#points = model.points.length;
    this.#post({ type: "snapshot", model });
  }

  /** A panel's title is its session; a view has its own title, with the session's beside it. */
  #showTitle(title: string): void {
    const panel = this.#panel;
    if ("onDidChangeVisibility" in panel) {
      if (panel.description !== title) panel.description = title;
    } else if (panel.title !== title) panel.title = title;
  }

  /** Reads the session's facts as last known; undefined if it has never been known. */
  #read<Facts extends SessionFacts>(
    from: (state: State, ref: SessionRef, nowMs: number) => Facts | undefined,
  ): Facts | undefined {
    if (this.#known === undefined) return undefined;
    const { state, goneMs } = this.#known;
    const facts = from(state, this.#ref, Date.now());
    if (facts === undefined || goneMs === undefined) return facts;
    return lastFacts(facts, this.#options.store.state, goneMs);
  }

  #sendChanges(): void {
    if (this.#known === undefined) return;
    const { state } = this.#known;
    const revertID = getSession(state, this.#ref)?.revertMessageID;
    const files = filesChanged(this.#options.diffs.messages(state, this.#ref), revertID);
    this.#post({ type: "changes", files });
  }

  /** The session's directory, if it is on this machine. */
  #localDirectory(): string | undefined {
    if (this.#known === undefined) return undefined;
    const { state } = this.#known;
    const server = getServer(state, this.#ref.serverID);
    if (server === undefined || !isLoopbackURL(server.endpoint.url)) return undefined;
    return getSession(state, this.#ref)?.directory;
  }

  #post(message: ToSession): void {
    // Delivery does not matter: a page that reappears is sent everything again.
    void this.#panel.webview.postMessage(message);
  }

  #answer(message: FromPage): void {
    const { log, store } = this.#options;
    switch (message.type) {
      case "ready":
        this.#isReady = true;
        this.#conversation.restart();
        if (this.#place !== undefined) this.#post({ type: "show", ...this.#place });
        this.#place = undefined;
        this.#prompt.start();
        this.#requests.start();
        return;
      case "tab":
        this.#tab = message.tab;
        if (message.tab === "conversation") this.#sendConversation();
        if (message.tab === "charts" && this.#isLoading()) this.#request();
        else this.#send();
        return;
      case "answer":
        void this.#requests.receive(message.answer);
        return;
      case "prompt":
        this.#prompt.receive(message.asked);
        return;
      case "showMessages":
        this.#conversation.draw(message.messageIDs);
        this.#updates.request();
        return;
      case "find": {
        const { state } = this.#known ?? store;
        const messageIDs = findMessages(state, this.#ref, message.text);
        this.#post({ type: "found", text: message.text, messageIDs });
        return;
      }
      case "copyText":
        void vscode.env.clipboard.writeText(message.text);
        return;
      case "openLink":
        openLink(message.href, this.#localDirectory()).catch((error: unknown) => {
          this.#options.reportFailure(vscode.l10n.t("Open Link"), error);
        });
        return;
      case "openFileDiffs": {
        const { messageID, files } = message;
        void vscode.commands.executeCommand(OPEN_FILE_DIFFS, { ...this.#ref, messageID, files });
        return;
      }
      case "command": {
        const { command, messageID } = message;
        void vscode.commands.executeCommand(COMMANDS[command], { ...this.#ref, messageID });
        return;
      }
      case "openSession": {
        const other = { ...this.#ref, sessionID: message.sessionID };
        const tab = this.#tab === "conversation" ? "conversation" : "charts";
        if (getSession(store.state, other) !== undefined) this.#open(other, { tab });
        return;
      }
      case "openSetting":
        void openSetting(message.setting);
        return;
      case "reload":
        this.#stopWatching();
        this.#stopWatching = this.#options.watch(this.#ref);
        return;
      case "copy":
      case "export":
      case "savePicture": {
        const model = this.#read(breakdownModel);
        if (model === undefined) return;
        writePageFile(message, {
          table: (id) =>
            id === "messages" || id === "children" ? breakdownTable(model, id) : undefined,
          json: () => breakdownJSON(model),
          fileName: (id = "breakdown") => exportName(model, id),
        }).catch((error: unknown) => {
          this.#options.reportFailure(vscode.l10n.t("Export"), error);
        });
        return;
      }
      default:
        log.warn("page", `a session's page asked for ${message.type}, which only usage has`);
    }
  }
}
