import * as vscode from "vscode";

import type { AttentionItem } from "../../core/state/attention.ts";
import { getLive } from "../../core/state/lookup.ts";
import type { PermissionReply } from "../../core/state/request.ts";
import type { SessionRef } from "../../core/state/session.ts";
import type { State } from "../../core/state/state.ts";
import type { Store } from "../../core/state/store.ts";
import { turnEnds } from "../../core/state/turnEnds.ts";
import type { Notifications } from "../../platform/configuration.ts";
import { ATTENTION_VIEW_ID, type CommandID } from "../../platform/ids.ts";
import { showError, showInformation } from "../../platform/messages.ts";
import {
  AttentionNotices,
  childEndItem,
  isAnnounced,
  type Notice,
  noticeOf,
  summaryMessage,
} from "../../viewModels/attention/attentionNotices.ts";
import type { AttentionQueue } from "./attentionQueue.ts";
import type { WindowTurns } from "./windowTurns.ts";

const ANSWER_REQUEST: CommandID = "opencodeSessions.answerRequest";
const ACTIVATE_SESSION: CommandID = "opencodeSessions.activateSession";

/** The setting's value, and a way to change it permanently. */
interface NotificationSettings {
  readonly mode: () => Notifications;
  readonly setMode: (mode: Notifications) => Promise<void>;
}

interface AttentionNotifierOptions {
  readonly store: Pick<Store, "state" | "onDidChange">;
  readonly queue: AttentionQueue;
  readonly settings: NotificationSettings;
  readonly turns: WindowTurns;
  /** Whether the user has a session's requests in front of them: a notification would only cover their cards. */
  readonly isShown: (ref: SessionRef) => boolean;
}

/** A button and its action. */
interface Choice extends vscode.MessageItem {
  readonly run: () => Thenable<unknown>;
}

/**
 * Announces what waits for the user, as the setting says, with the answers as buttons, each item in only one
 * window, and items that come together in one message. Not what that window already shows. VS Code's messages cannot be
 * withdrawn; if the request was settled meanwhile, its button says so.
 */
export class AttentionNotifier {
  readonly #store: Pick<Store, "state" | "onDidChange">;
  readonly #settings: NotificationSettings;
  readonly #queue: AttentionQueue;
  readonly #turns: WindowTurns;
  readonly #isShown: AttentionNotifierOptions["isShown"];
  readonly #notices: AttentionNotices;
  /** The listed items that this window has announced. */
  #announced = new Set<string>();
  readonly #parts: vscode.Disposable;
  #before: State;
  #gathered = new Map<string, AttentionItem>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor({ store, queue, settings, turns, isShown }: AttentionNotifierOptions) {
    this.#store = store;
    this.#settings = settings;
    this.#queue = queue;
    this.#turns = turns;
    this.#isShown = isShown;
    this.#notices = new AttentionNotices(queue.items);
    this.#before = store.state;
    this.#parts = vscode.Disposable.from(
      queue.onDidChange(() => {
        this.#take([]);
        this.#releaseUnlisted();
      }),
      new vscode.Disposable(
        store.onDidChange((changes, state) => {
          const before = this.#before;
          this.#before = state;
          const nowMs = Date.now();
          const ends = turnEnds(before, state, changes).flatMap((end) => {
            const error = getLive(state, end).error?.message;
            return childEndItem(state, end, error, nowMs) ?? [];
          });
          if (ends.length > 0) this.#take(ends);
        }),
      ),
      new vscode.Disposable(() => {
        clearTimeout(this.#timer);
      }),
    );
  }

  dispose(): void {
    this.#parts.dispose();
  }

  #take(childEnds: readonly AttentionItem[]): void {
    const mode = this.#settings.mode();
    const { items, delayMs } = this.#notices.take(
      this.#queue.items,
      mode === "all" ? childEnds : [],
      Date.now(),
    );
    for (const item of items) {
      if (isAnnounced(item.kind, mode)) this.#gathered.set(item.key, item);
    }
    if (this.#gathered.size === 0) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#announceGathered();
    }, delayMs);
  }

  #announceGathered(): void {
    const items = [...this.#gathered.values()].filter((item) => this.#isNews(item));
    this.#gathered = new Map();
    void this.#tell(items);
  }

  /** Shows one message for all items that no other window announces and that are still waiting by then. */
  async #tell(items: readonly AttentionItem[]): Promise<void> {
    const mine = await Promise.all(
      items.map(async (item) => ((await this.#turns.take(item.key)) ? [item] : [])),
    );
    for (const { key } of mine.flat()) this.#announced.add(key);
    const told = mine.flat().filter((item) => this.#isNews(item) && !this.#isInFront(item));
    this.#releaseUnlisted();
    const [first] = told;
    if (first === undefined) return;
    if (told.length === 1) this.#announce(noticeOf(this.#store.state, first));
    else show("information", summaryMessage(told), [showAllChoice(), this.#never("off")]);
  }

  /** Whether the user is looking at a request. This window keeps its claim, so that no other one announces it. */
  #isInFront(item: AttentionItem): boolean {
    return vscode.window.state.focused && "request" in item && this.#isShown(item);
  }

  /** Ended turns always remain news; a request may have been answered. */
  #isNews({ key, kind }: AttentionItem): boolean {
    if (kind === "failed" || kind === "finished") return true;
    return this.#queue.items.some((item) => item.key === key);
  }

  /** Releases this window's claims on items that are no longer listed. */
  #releaseUnlisted(): void {
    const listed = new Set(this.#queue.items.map(({ key }) => key));
    for (const key of this.#announced) {
      if (listed.has(key)) continue;
      this.#announced.delete(key);
      this.#turns.release(key);
    }
  }

  #announce({ item, message, canAnswer }: Notice): void {
    const severity = item.kind === "failed" ? "error" : "information";
    const never = this.#never(item.kind === "finished" ? "needed" : "off");
    show(severity, message, [...choicesOf(item, canAnswer), never]);
  }

  #never(mode: Notifications): Choice {
    return {
      title: vscode.l10n.t("Don't Show Again"),
      run: () => this.#settings.setMode(mode),
    };
  }
}

function show(
  severity: "information" | "error",
  message: string,
  choices: readonly Choice[],
): void {
  const shown =
    severity === "error" ? showError(message, ...choices) : showInformation(message, ...choices);
  void shown.then((choice) => choice?.run());
}

function choicesOf(item: AttentionItem, canAnswer: boolean): readonly Choice[] {
  const { serverID, sessionID } = item;
  const showSession: Choice = {
    title: vscode.l10n.t("Show Session"),
    run: () => vscode.commands.executeCommand(ACTIVATE_SESSION, { serverID, sessionID }),
  };
  if (item.kind === "failed" || item.kind === "finished") return [showSession];
  const { request } = item;
  const answer = (title: string, reply?: PermissionReply): Choice => ({
    title,
    run: () =>
      vscode.commands.executeCommand(ANSWER_REQUEST, {
        serverID,
        sessionID,
        requestID: request.id,
        ...(reply === undefined ? {} : { reply }),
      }),
  });
  if (request.kind === "question") return [answer(vscode.l10n.t("Answer…"))];
  // More buttons leave no room for the text: the remaining answers are offered where the request is reviewed.
  const review = answer(vscode.l10n.t("Review…"));
  return canAnswer ? [answer(vscode.l10n.t("Allow Once"), "once"), review] : [review];
}

function showAllChoice(): Choice {
  return {
    title: vscode.l10n.t("Show"),
    run: () => vscode.commands.executeCommand(`${ATTENTION_VIEW_ID}.focus`),
  };
}
