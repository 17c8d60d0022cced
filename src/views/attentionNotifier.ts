import * as vscode from "vscode";

import type { AttentionItem } from "../core/attention.ts";
import { getLive } from "../core/lookup.ts";
import type { PermissionReply } from "../core/request.ts";
import type { State } from "../core/state.ts";
import type { Store } from "../core/store.ts";
import { turnEnds } from "../core/turnEnds.ts";
import type { Notifications } from "../platform/configuration.ts";
import { ATTENTION_VIEW_ID, type CommandID } from "../platform/ids.ts";
import {
  AttentionNotices,
  childEndItem,
  type Notice,
  noticeOf,
  summaryMessage,
} from "../viewModels/attentionNotices.ts";
import type { AttentionQueue } from "./attentionQueue.ts";

/** How long things are gathered that are told together: servers are reached one after the other. */
const GATHER_MS = 2_500;

const ANSWER_REQUEST: CommandID = "opencodeSessions.answerRequest";
const ACTIVATE_SESSION: CommandID = "opencodeSessions.activateSession";

/** A button, and the command it runs. */
interface Choice extends vscode.MessageItem {
  readonly run: () => Thenable<unknown>;
}

/**
 * Announces what waits for a person, as the setting says, with the answers as buttons. A message of VS Code
 * cannot be taken back; a button of one whose request was settled meanwhile says so.
 */
export class AttentionNotifier {
  readonly #store: Pick<Store, "state" | "onDidChange">;
  readonly #mode: () => Notifications;
  readonly #queue: AttentionQueue;
  readonly #notices: AttentionNotices;
  readonly #parts: vscode.Disposable;
  #before: State;
  #gathered = new Map<string, AttentionItem>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    store: Pick<Store, "state" | "onDidChange">,
    queue: AttentionQueue,
    mode: () => Notifications,
  ) {
    this.#store = store;
    this.#mode = mode;
    this.#queue = queue;
    this.#notices = new AttentionNotices(queue.items);
    this.#before = store.state;
    this.#parts = vscode.Disposable.from(
      queue.onDidChange(() => {
        this.#take([]);
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
    const mode = this.#mode();
    const { notices, summed } = this.#notices.take(
      this.#store.state,
      this.#queue.items,
      mode === "all" ? childEnds : [],
      Date.now(),
    );
    if (mode === "off") return;
    for (const notice of notices) tell(notice);
    for (const item of summed) this.#gathered.set(item.key, item);
    if (summed.length > 0) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#tellGathered();
      }, GATHER_MS);
    }
  }

  /** One message for all that was gathered and still waits. */
  #tellGathered(): void {
    const waiting = new Set(this.#queue.items.map(({ key }) => key));
    const items = [...this.#gathered.values()].filter(
      ({ key, kind }) => waiting.has(key) || (kind !== "permission" && kind !== "question"),
    );
    this.#gathered = new Map();
    const [first] = items;
    if (first === undefined) return;
    if (items.length === 1) tell(noticeOf(this.#store.state, first));
    else show("information", summaryMessage(items), [showAllChoice()]);
  }
}

function tell({ item, message, canAnswer }: Notice): void {
  show(item.kind === "failed" ? "error" : "information", message, choicesOf(item, canAnswer));
}

function show(
  severity: "information" | "error",
  message: string,
  choices: readonly Choice[],
): void {
  const shown =
    severity === "error"
      ? vscode.window.showErrorMessage(message, ...choices)
      : vscode.window.showInformationMessage(message, ...choices);
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
  if (!canAnswer) {
    return [answer(vscode.l10n.t("Review…")), answer(vscode.l10n.t("Reject…"), "reject")];
  }
  return [
    answer(vscode.l10n.t("Allow Once"), "once"),
    ...(request.always.length === 0 ? [] : [answer(vscode.l10n.t("Always Allow"), "always")]),
    answer(vscode.l10n.t("Reject…"), "reject"),
  ];
}

function showAllChoice(): Choice {
  return {
    title: vscode.l10n.t("Show"),
    run: () => vscode.commands.executeCommand(`${ATTENTION_VIEW_ID}.focus`),
  };
}
