import * as vscode from "vscode";

import { pathBelow } from "../../core/pathBelow.ts";
import { isLoopbackURL } from "../../core/state/endpoint.ts";
import { getLive, getServer, getSession } from "../../core/state/lookup.ts";
import { sessionKey, type SessionRef } from "../../core/state/session.ts";
import type { State } from "../../core/state/state.ts";
import type { Store } from "../../core/state/store.ts";
import { untilState } from "../../core/state/untilState.ts";
import { SESSION_SCHEME, SESSION_TEXT_SCHEME } from "../../platform/ids.ts";
import {
  documentAddress,
  type DocumentTarget,
  parseDocumentQuery,
} from "../../viewModels/documents/documentTarget.ts";
import { filePatches, fileSides } from "../../viewModels/documents/filesChanged.ts";
import type { Markdown } from "../../viewModels/documents/markdown.ts";
import { todoDocument, type TodoEntry } from "../../viewModels/documents/todoDocument.ts";
import { transcript } from "../../viewModels/documents/transcript.ts";
import { Paced } from "../paced.ts";
import type { TurnDiffs } from "./turnDiffs.ts";

/** Where session documents get their content. */
export interface DocumentSource {
  readonly store: Pick<Store, "state" | "onDidChange">;
  /** Keeps a session's messages in the state until the returned function is called. */
  readonly watch: (ref: SessionRef) => () => void;
  /** Fetches a session's todo list from its server; undefined if unavailable. */
  readonly todos: (ref: SessionRef) => Promise<readonly TodoEntry[] | undefined>;
  readonly diffs: TurnDiffs;
}

/** Minimum time between two versions of a document shown in an editor. */
const INTERVAL_MS = 1000;
/** How long reading a document waits for the server, its session and the messages. */
const PATIENCE_MS = 10_000;

/** The query of a report's address; its path is its name. */
const REPORT_QUERY = "kind=report";
const MARKDOWN_EXTENSION = "vscode.markdown-language-features";

/**
 * The read-only documents of sessions: their Markdown, todo lists, and both sides of changed files; and reports. They are
 * files with their own URI schemes, because VS Code restores files after a reload and picks up their changes.
 * Each read renders the current state; while an editor shows a document, VS Code is notified of changes.
 */
export class SessionDocuments implements vscode.Disposable {
  readonly #source: DocumentSource;
  readonly #changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  /** What notifies VS Code of a change, with the function that stops watching the document. */
  readonly #shown = new Map<Paced, () => void>();
  /** The last report of each name, by its path. */
  readonly #reports = new Map<string, string>();
  readonly #registrations: vscode.Disposable;

  constructor(source: DocumentSource) {
    this.#source = source;
    this.#registrations = vscode.Disposable.from(
      this.#changed,
      this.#register(SESSION_SCHEME),
      this.#register(SESSION_TEXT_SCHEME),
    );
  }

  /** Opens a session as a Markdown document, at a message or at its last prompt. */
  async openMarkdown(ref: SessionRef, messageID?: string): Promise<void> {
    const stopWatching = this.#source.watch(ref);
    try {
      const uri = this.#uriOf({ kind: "transcript", ref });
      const document = await vscode.workspace.openTextDocument(uri);
      const messages = transcript(this.#source.store.state, ref)?.messages ?? [];
      const wanted = messages.findLast(({ id, isPrompt }) =>
        messageID === undefined ? isPrompt : id === messageID,
      );
      const at = new vscode.Range(wanted?.line ?? 0, 0, wanted?.line ?? 0, 0);
      const editor = await vscode.window.showTextDocument(document, {
        preview: false,
        selection: at,
      });
      // At the top, so that the message's content is visible.
      editor.revealRange(at, vscode.TextEditorRevealType.AtTop);
    } finally {
      stopWatching();
    }
  }

  /** Opens the agent's todo list. */
  async openTodo(ref: SessionRef): Promise<void> {
    const uri = this.#uriOf({ kind: "todo", ref });
    await vscode.window.showTextDocument(uri, { preview: true });
  }

  /** Shows Markdown rendered, in the place of an earlier report of that name. */
  async openReport(name: string, markdown: Markdown): Promise<void> {
    const uri = vscode.Uri.from({
      scheme: SESSION_TEXT_SCHEME,
      path: `/${name}.md`,
      query: REPORT_QUERY,
    });
    this.#reports.set(uri.path, String(markdown));
    this.#changed.fire([{ type: vscode.FileChangeType.Changed, uri }]);
    const canRender = vscode.extensions.getExtension(MARKDOWN_EXTENSION) !== undefined;
    if (canRender) await vscode.commands.executeCommand("markdown.showPreview", uri);
    else await vscode.window.showTextDocument(uri, { preview: true });
  }

  /** Opens changed files in the diff editor, several in one: the changes of one turn, or of the whole session. */
  async openDiffs(
    ref: SessionRef,
    messageID: string | undefined,
    files: readonly string[],
  ): Promise<void> {
    const sides = files.map((file) => {
      const side = (kind: "before" | "after") => this.#uriOf({ kind, ref, messageID, file });
      return { file, before: side("before"), after: side("after") };
    });
    const [only] = sides;
    if (sides.length === 1 && only !== undefined) {
      const name = only.file.slice(only.file.lastIndexOf("/") + 1);
      const scope =
        messageID === undefined ? vscode.l10n.t("whole session") : vscode.l10n.t("one turn");
      await vscode.commands.executeCommand(
        "vscode.diff",
        only.before,
        only.after,
        `${name} (${scope})`,
        { preview: true } satisfies vscode.TextDocumentShowOptions,
      );
      return;
    }
    await vscode.commands.executeCommand(
      "vscode.changes",
      messageID === undefined
        ? vscode.l10n.t("Changes of the session")
        : vscode.l10n.t("Changes of one turn"),
      sides.map(({ before, after }) => [after, before, after]),
    );
  }

  /** Call when the currency has changed, or requested turn diffs have arrived. */
  redraw(): void {
    for (const version of this.#shown.keys()) version.request();
  }

  dispose(): void {
    this.#registrations.dispose();
    for (const stop of this.#shown.values()) stop();
  }

  #register(scheme: string): vscode.Disposable {
    const refuse = (): never => {
      throw vscode.FileSystemError.NoPermissions();
    };
    return vscode.workspace.registerFileSystemProvider(
      scheme,
      {
        onDidChangeFile: this.#changed.event,
        watch: (uri) => this.#show(uri),
        // A constantly increasing time, so that every access reads again.
        stat: () => ({ type: vscode.FileType.File, ctime: 0, mtime: Date.now(), size: 0 }),
        readFile: async (uri) =>
          Buffer.from(this.#report(uri) ?? (await this.#read(targetOf(uri))), "utf8"),
        writeFile: refuse,
        readDirectory: () => [],
        createDirectory: refuse,
        delete: refuse,
        rename: refuse,
      },
      { isCaseSensitive: true, isReadonly: true },
    );
  }

  /** The content of a report; undefined for other documents. */
  #report({ path, query }: vscode.Uri): string | undefined {
    if (query !== REPORT_QUERY) return undefined;
    return this.#reports.get(path) ?? vscode.l10n.t("This report was not kept. Create it again.");
  }

  /** The URI of a document. An open document keeps its URI when its session is renamed. */
  #uriOf(target: DocumentTarget): vscode.Uri {
    const title = getSession(this.#source.store.state, target.ref)?.title ?? "";
    const { path, query } = documentAddress(target, title);
    const open = vscode.workspace.textDocuments.find(({ uri }) => uri.query === query);
    const scheme = target.kind === "transcript" ? SESSION_SCHEME : SESSION_TEXT_SCHEME;
    return open?.uri ?? vscode.Uri.from({ scheme, path, query });
  }

  /** Tracks a document shown in an editor until the result is disposed. */
  #show(uri: vscode.Uri): vscode.Disposable {
    if (this.#report(uri) !== undefined) return new vscode.Disposable(() => undefined);
    const { kind, ref } = targetOf(uri);
    const { store, watch } = this.#source;
    const key = sessionKey(ref.serverID, ref.sessionID);
    const todoOf = (): unknown => getLive(store.state, ref).todo;
    let todo = todoOf();
    const version = new Paced(INTERVAL_MS, () => {
      this.#changed.fire([{ type: vscode.FileChangeType.Changed, uri }]);
    });
    const stopWatching = kind === "todo" ? undefined : watch(ref);
    const stopListening = store.onDidChange((changes) => {
      if (kind === "todo") {
        if (todo !== todoOf()) version.request();
        todo = todoOf();
      } else if (
        changes.messages.has(key) ||
        changes.sessions.has(key) ||
        changes.servers.has(ref.serverID)
      ) {
        version.request();
      }
    });
    const stop = (): void => {
      this.#shown.delete(version);
      version.dispose();
      stopWatching?.();
      stopListening();
    };
    this.#shown.set(version, stop);
    return new vscode.Disposable(stop);
  }

  async #read(target: DocumentTarget): Promise<string> {
    const { store, watch, todos } = this.#source;
    const { kind, ref } = target;
    const stopWatching = kind === "todo" ? undefined : watch(ref);
    try {
      await untilState(store, () => isReady(store.state, target), { limitMs: PATIENCE_MS });
      const { state } = store;
      const session = getSession(state, ref);
      if (session === undefined) return kind === "before" ? "" : notHere();
      if ("file" in target) return await this.#side(state, target);
      if (kind === "transcript") return transcript(state, ref)?.text ?? notHere();
      const entries = await todos(ref);
      return entries === undefined
        ? vscode.l10n.t("The server did not return the list.")
        : String(todoDocument(session.title, entries));
    } finally {
      stopWatching?.();
    }
  }

  async #side(
    state: State,
    { kind, ref, messageID, file }: Extract<DocumentTarget, { kind: "before" | "after" }>,
  ): Promise<string> {
    const messages = this.#source.diffs.messages(state, ref);
    const revertID = getSession(state, ref)?.revertMessageID;
    const patches = filePatches(messages, revertID, file, messageID);
    let sides = patches === undefined ? undefined : fileSides(patches);
    if (patches !== undefined && sides?.isWhole === false) {
      sides = fileSides(patches, await presentFile(state, ref, file));
    }
    if (sides !== undefined) return sides[kind] ?? "";
    return kind === "before"
      ? ""
      : vscode.l10n.t("The server has no patch for this file: it may not be a text file.");
  }
}

function targetOf(uri: vscode.Uri): DocumentTarget {
  const target = parseDocumentQuery(uri.query);
  if (target === undefined) throw vscode.FileSystemError.FileNotFound(uri);
  return target;
}

/** Whether there is something to show, or it is certain that there is nothing. */
function isReady(state: State, { kind, ref }: DocumentTarget): boolean {
  const server = getServer(state, ref.serverID);
  if (getSession(state, ref) === undefined) return server?.snapshotMs !== undefined;
  if (kind === "todo") return server?.connection.kind === "connected";
  const known = state.messages.get(sessionKey(ref.serverID, ref.sessionID));
  return known !== undefined && (known.isComplete || known.error !== undefined);
}

/** A file's current content, if the session's directory is on this machine. */
async function presentFile(
  state: State,
  ref: SessionRef,
  file: string,
): Promise<string | undefined> {
  const server = getServer(state, ref.serverID);
  const directory = getSession(state, ref)?.directory;
  if (server === undefined || directory === undefined) return undefined;
  if (!isLoopbackURL(server.endpoint.url)) return undefined;
  const path = pathBelow(directory, file);
  if (path === undefined) return undefined;
  try {
    const bytes = await vscode.workspace.fs.readFile(vscode.Uri.file(path));
    return Buffer.from(bytes).toString("utf8");
  } catch {
    // It was deleted, or never existed here.
    return undefined;
  }
}

function notHere(): string {
  return vscode.l10n.t(
    "This session is unavailable: it was deleted, or its server is not connected.",
  );
}
