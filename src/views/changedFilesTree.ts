import * as vscode from "vscode";

import { getSession } from "../core/lookup.ts";
import { sessionKey, type SessionRef } from "../core/session.ts";
import type { ContextKeys } from "../platform/contextKeys.ts";
import { type CommandID, FILES_VIEW_ID, SESSION_TEXT_SCHEME } from "../platform/ids.ts";
import {
  type ChangedFile,
  filesChanged,
  type FilesChanged,
  linesText,
  spokenLines,
  sumLines,
} from "../viewModels/filesChanged.ts";
import { cleanTitle, formatRelativeTime } from "../viewModels/format.ts";
import { plural, SEPARATOR } from "../viewModels/sessionFigures.ts";
import { Paced } from "./paced.ts";
import type { DocumentSource } from "./documentSource.ts";
import type { TurnDiffs } from "./turnDiffs.ts";

/** The whole session, a turn of it, or a file that one of them changed. */
export type FilesElement =
  | { readonly kind: "scope"; readonly messageID: string | undefined }
  | { readonly kind: "file"; readonly messageID: string | undefined; readonly file: string };

const OPEN_FILE_DIFF: CommandID = "opencodeSessions.openFileDiff";

/** Files change when a step has ended. */
const INTERVAL_MS = 500;

const NOTHING: FilesChanged = { session: [], turns: [] };

/**
 * The view «Files Changed»: what one session has changed, as a whole and turn by turn. It is there from the moment
 * a session is shown in it until it is closed, and follows the session while it is seen.
 */
export class ChangedFilesTree implements vscode.TreeDataProvider<FilesElement>, vscode.Disposable {
  readonly #source: DocumentSource;
  readonly #diffs: TurnDiffs;
  readonly #contextKeys: ContextKeys;
  readonly #view: vscode.TreeView<FilesElement>;
  readonly #refreshed = new vscode.EventEmitter<void>();
  readonly #update = new Paced(INTERVAL_MS, () => {
    this.#take();
  });
  readonly #parts: vscode.Disposable;
  /** Elements are the same objects as long as they mean the same. */
  readonly #elements = new Map<string, FilesElement>();
  #session: SessionRef | undefined;
  #shown: FilesChanged = NOTHING;
  #isLoading = false;
  #release: (() => void) | undefined;

  readonly onDidChangeTreeData: vscode.Event<void> = this.#refreshed.event;

  constructor(source: DocumentSource, diffs: TurnDiffs) {
    this.#source = source;
    this.#diffs = diffs;
    this.#contextKeys = source.contextKeys;
    this.#view = vscode.window.createTreeView(FILES_VIEW_ID, {
      treeDataProvider: this,
      showCollapseAll: true,
    });
    this.#parts = vscode.Disposable.from(
      this.#view,
      this.#refreshed,
      this.#update,
      this.#view.onDidChangeVisibility(() => {
        this.#follow();
      }),
      new vscode.Disposable(
        source.store.onDidChange((changes) => {
          const ref = this.#session;
          if (ref === undefined || this.#release === undefined) return;
          const key = sessionKey(ref.serverID, ref.sessionID);
          if (changes.messages.has(key) || changes.sessions.has(key) || changes.structure) {
            this.#update.request();
          }
        }),
      ),
    );
  }

  /** The session whose files are shown. */
  get session(): SessionRef | undefined {
    return this.#session;
  }

  /** The files of the whole session, or of one turn. */
  files(messageID: string | undefined): readonly ChangedFile[] {
    if (messageID === undefined) return this.#shown.session;
    return this.#shown.turns.find((turn) => turn.messageID === messageID)?.files ?? [];
  }

  /** Shows a session's files and brings the view to the front. */
  async show(ref: SessionRef): Promise<void> {
    this.#stopFollowing();
    this.#session = ref;
    this.#shown = NOTHING;
    this.#isLoading = true;
    this.#elements.clear();
    this.#contextKeys.set("opencodeSessions.showsFiles", true);
    this.#describe();
    this.#refreshed.fire();
    this.#follow(true);
    await vscode.commands.executeCommand(`${FILES_VIEW_ID}.focus`);
  }

  /** Takes the view away. */
  hide(): void {
    this.#stopFollowing();
    this.#session = undefined;
    this.#shown = NOTHING;
    this.#contextKeys.set("opencodeSessions.showsFiles", false);
    this.#refreshed.fire();
  }

  /** Files that were asked for have come. */
  touch(): void {
    this.#update.request();
  }

  getChildren(element?: FilesElement): FilesElement[] {
    if (element?.kind === "file") return [];
    if (element !== undefined) {
      const { messageID } = element;
      return this.files(messageID).map(({ file }) =>
        this.#element({ kind: "file", messageID, file }),
      );
    }
    const { session, turns } = this.#shown;
    if (turns.length === 0) return [];
    const whole = session.length === 0 && turns.every(({ isReverted }) => isReverted);
    return [
      ...(whole ? [] : [this.#element({ kind: "scope", messageID: undefined })]),
      ...turns.map(({ messageID }) => this.#element({ kind: "scope", messageID })),
    ];
  }

  getParent(element: FilesElement): FilesElement | undefined {
    if (element.kind === "scope") return undefined;
    return this.#element({ kind: "scope", messageID: element.messageID });
  }

  getTreeItem(element: FilesElement): vscode.TreeItem {
    return element.kind === "scope" ? this.#scopeItem(element) : this.#fileItem(element);
  }

  dispose(): void {
    this.#stopFollowing();
    this.#parts.dispose();
  }

  #scopeItem({ messageID }: Extract<FilesElement, { kind: "scope" }>): vscode.TreeItem {
    const files = this.files(messageID);
    const turn = this.#shown.turns.find((each) => each.messageID === messageID);
    const item = new vscode.TreeItem(
      turn === undefined ? vscode.l10n.t("Whole session") : turn.title,
      turn === undefined
        ? vscode.TreeItemCollapsibleState.Expanded
        : vscode.TreeItemCollapsibleState.Collapsed,
    );
    const { additions, deletions, isPartial } = sumLines(files);
    const lines = `${isPartial ? "≥ " : ""}${linesText({ additions, deletions })}`;
    const facts = [plural(files.length, "file"), lines];
    if (turn !== undefined) facts.push(formatRelativeTime(turn.createdMs, Date.now()));
    if (turn?.isReverted === true) facts.push(vscode.l10n.t("reverted"));
    item.id = `scope:${messageID ?? ""}`;
    item.description = facts.join(SEPARATOR);
    item.iconPath = new vscode.ThemeIcon(
      turn === undefined ? "files" : turn.isReverted ? "discard" : "comment",
    );
    item.contextValue = "scope";
    item.accessibilityInformation = {
      label: `${turn?.title ?? vscode.l10n.t("Whole session")}, ${plural(files.length, "file")}, ${spokenLines({ additions, deletions })}`,
    };
    return item;
  }

  #fileItem({ messageID, file }: Extract<FilesElement, { kind: "file" }>): vscode.TreeItem {
    const changed = this.files(messageID).find((each) => each.file === file);
    const slash = file.lastIndexOf("/");
    const item = new vscode.TreeItem(file.slice(slash + 1));
    const facts = [linesText(changed?.lines)];
    if (changed !== undefined && changed.status !== "modified") facts.push(changed.status);
    if (slash > 0) facts.push(file.slice(0, slash));
    item.id = `file:${messageID ?? ""}|${file}`;
    item.description = facts.join(SEPARATOR);
    item.tooltip = file;
    item.accessibilityInformation = {
      label: `${file}, ${changed?.status ?? ""}, ${spokenLines(changed?.lines)}`,
    };
    // Only for the icon of its kind; no other scheme, or the decorations of version control would come too.
    item.resourceUri = vscode.Uri.from({ scheme: SESSION_TEXT_SCHEME, path: `/${file}` });
    item.iconPath = vscode.ThemeIcon.File;
    item.contextValue = "file";
    item.command = {
      command: OPEN_FILE_DIFF,
      title: vscode.l10n.t("Open Changes"),
      arguments: [{ ...this.#session, messageID, file }],
    };
    return item;
  }

  #element(element: FilesElement): FilesElement {
    const key = JSON.stringify(element);
    const known = this.#elements.get(key);
    if (known !== undefined) return known;
    this.#elements.set(key, element);
    return element;
  }

  /** Messages are kept in the state only while the view is seen. */
  #follow(isAboutToBeSeen = false): void {
    const ref = this.#session;
    if (ref === undefined) return;
    if (!this.#view.visible && !isAboutToBeSeen) this.#stopFollowing();
    else if (this.#release === undefined) {
      this.#release = this.#source.watch(ref);
      this.#update.request();
    }
  }

  #stopFollowing(): void {
    this.#release?.();
    this.#release = undefined;
  }

  #take(): void {
    const ref = this.#session;
    // A view that is not seen is not worked for: it catches up when it is.
    if (ref === undefined || this.#release === undefined) return;
    const { state } = this.#source.store;
    const known = state.messages.get(sessionKey(ref.serverID, ref.sessionID));
    const session = getSession(state, ref);
    if (session !== undefined && known?.isComplete !== true && known?.error === undefined) return;
    const shown =
      session === undefined
        ? NOTHING
        : filesChanged(this.#diffs.messages(state, ref), session.revertMessageID);
    const isNew = this.#isLoading || JSON.stringify(shown) !== JSON.stringify(this.#shown);
    this.#isLoading = false;
    this.#shown = shown;
    if (isNew) this.#refreshed.fire();
    this.#describe(session === undefined ? vscode.l10n.t("This session is gone.") : known?.error);
  }

  #describe(problem?: string): void {
    const ref = this.#session;
    const title = ref === undefined ? "" : getSession(this.#source.store.state, ref)?.title;
    this.#view.description = title === undefined ? "" : cleanTitle(title, 60);
    const isEmpty = this.#shown.turns.length === 0;
    this.#view.message = !isEmpty
      ? ""
      : (problem ??
        (this.#isLoading
          ? vscode.l10n.t("Reading the messages…")
          : vscode.l10n.t("This session has changed no file.")));
  }
}
