import * as vscode from "vscode";

import { isLoopbackURL } from "../core/endpoint.ts";
import { getLive, getServer, getSession } from "../core/lookup.ts";
import type { SessionRef } from "../core/session.ts";
import type { State } from "../core/state.ts";
import { SESSION_SCHEME, SESSION_TEXT_SCHEME } from "../platform/ids.ts";
import {
  documentAddress,
  type DocumentTarget,
  parseDocumentQuery,
} from "../viewModels/documentTarget.ts";
import { filePatches, fileSides } from "../viewModels/filesChanged.ts";
import { todoDocument, type TodoEntry } from "../viewModels/todoDocument.ts";
import { type Transcript, transcript } from "../viewModels/transcript.ts";
import { LiveDocument } from "./liveDocument.ts";
import type { DocumentSource, FolderContent } from "./documentSource.ts";
import type { TurnDiffs } from "./turnDiffs.ts";

/** A document, and for a transcript what stands where in its last versions, newest first. */
interface Entry {
  readonly uri: vscode.Uri;
  readonly document: LiveDocument;
  transcripts: readonly Transcript[];
}

/** An editor may be a version or two behind. */
const KEPT_VERSIONS = 3;

/**
 * The read-only documents of sessions. VS Code watches a file while an editor shows it: only then is it kept up
 * to date, and its session's messages stay in the state.
 */
export class ReadingFolder implements FolderContent, vscode.Disposable {
  readonly #source: DocumentSource;
  readonly #diffs: TurnDiffs;
  readonly #changed: (uri: vscode.Uri) => void;
  readonly #entries = new Map<string, Entry>();
  readonly #closing: vscode.Disposable;

  constructor(source: DocumentSource, diffs: TurnDiffs, changed: (uri: vscode.Uri) => void) {
    this.#source = source;
    this.#diffs = diffs;
    this.#changed = changed;
    this.#closing = vscode.workspace.onDidCloseTextDocument(({ uri }) => {
      this.#entries.get(uri.toString())?.document.dispose();
      this.#entries.delete(uri.toString());
    });
  }

  /** The address of a document. One that is open keeps its address when its session is renamed. */
  uriOf(target: DocumentTarget): vscode.Uri {
    const title = getSession(this.#source.store.state, target.ref)?.title ?? "";
    const { path, query } = documentAddress(target, title);
    const open = [...this.#entries.values()].find(({ uri }) => uri.query === query);
    const scheme = target.kind === "transcript" ? SESSION_SCHEME : SESSION_TEXT_SCHEME;
    return open?.uri ?? vscode.Uri.from({ scheme, path, query });
  }

  /** What stands where in the text an editor shows; undefined when it shows none of the last versions. */
  transcriptOf(document: vscode.TextDocument): Transcript | undefined {
    const entry = this.#entries.get(document.uri.toString());
    return entry?.transcripts.find(({ lineCount }) => lineCount === document.lineCount);
  }

  watch(uri: vscode.Uri): vscode.Disposable {
    return new vscode.Disposable(this.#entry(uri).document.hold());
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const { bytes, modifiedMs } = await this.#entry(uri).document.read();
    return { type: vscode.FileType.File, ctime: 0, mtime: modifiedMs, size: bytes.length };
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return (await this.#entry(uri).document.read()).bytes;
  }

  writeFile(): never {
    throw vscode.FileSystemError.NoPermissions();
  }

  /** Files of a turn have come that were asked for. */
  touch(): void {
    for (const { document } of this.#entries.values()) document.touch();
  }

  dispose(): void {
    this.#closing.dispose();
    for (const { document } of this.#entries.values()) document.dispose();
    this.#entries.clear();
  }

  #entry(uri: vscode.Uri): Entry {
    const key = uri.toString();
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const target = parseDocumentQuery(uri.query);
    if (target === undefined) throw vscode.FileSystemError.FileNotFound(uri);
    const entry: Entry = { uri, document: this.#open(uri, target), transcripts: [] };
    this.#entries.set(key, entry);
    return entry;
  }

  #open(uri: vscode.Uri, target: DocumentTarget): LiveDocument {
    const { store, watch } = this.#source;
    const shared = {
      store,
      ref: target.ref,
      onDidChange: () => {
        this.#changed(uri);
      },
    };
    switch (target.kind) {
      case "transcript":
        return new LiveDocument({
          ...shared,
          watch,
          render: (state) => this.#transcript(uri, state, target.ref),
        });
      case "todo":
        return new LiveDocument({
          ...shared,
          // Todo lists are no messages.
          watch: () => () => undefined,
          isReady: (state) =>
            getServer(state, target.ref.serverID)?.connection.kind === "connected",
          render: this.#todo(target.ref),
        });
      case "before":
      case "after":
        return new LiveDocument({
          ...shared,
          watch,
          render: (state) => this.#side(state, target),
        });
    }
  }

  #transcript(uri: vscode.Uri, state: State, ref: SessionRef): string {
    const made = transcript(state, ref);
    const entry = this.#entries.get(uri.toString());
    if (entry !== undefined && made !== undefined) {
      entry.transcripts = [made, ...entry.transcripts.slice(0, KEPT_VERSIONS - 1)];
    }
    return made?.text ?? notHere();
  }

  /** The list is asked for again when the server has said that it changed. */
  #todo(ref: SessionRef): (state: State) => Promise<string> {
    let known: { readonly list: unknown; readonly entries: readonly TodoEntry[] } | undefined;
    return async (state) => {
      const session = getSession(state, ref);
      if (session === undefined) return notHere();
      const { todo } = getLive(state, ref);
      if (known?.list !== todo || known === undefined) {
        const entries = await this.#source.todos(ref);
        if (entries === undefined) return vscode.l10n.t("The server did not give the list.");
        known = { list: todo, entries };
      }
      return todoDocument(session.title, known.entries);
    };
  }

  async #side(
    state: State,
    { kind, ref, messageID, file }: Extract<DocumentTarget, { kind: "before" | "after" }>,
  ): Promise<string> {
    const session = getSession(state, ref);
    if (session === undefined) return kind === "after" ? notHere() : "";
    const messages = this.#diffs.messages(state, ref);
    const patches = filePatches(messages, session.revertMessageID, file, messageID);
    let sides = patches === undefined ? undefined : fileSides(patches);
    if (patches !== undefined && sides?.isWhole === false) {
      sides = fileSides(patches, await this.#present(state, ref, file));
    }
    if (sides !== undefined) return sides[kind] ?? "";
    return kind === "before"
      ? ""
      : vscode.l10n.t("The server keeps no patch of this file: it may be no text.");
  }

  /** A file as it is now, where the session's directory is one of this machine. */
  async #present(state: State, ref: SessionRef, file: string): Promise<string | undefined> {
    const server = getServer(state, ref.serverID);
    const directory = getSession(state, ref)?.directory;
    if (server === undefined || directory === undefined) return undefined;
    if (!isLoopbackURL(server.endpoint.url)) return undefined;
    try {
      const bytes = await vscode.workspace.fs.readFile(
        vscode.Uri.joinPath(vscode.Uri.file(directory), file),
      );
      return Buffer.from(bytes).toString("utf8");
    } catch {
      // It went, or was never here.
      return undefined;
    }
  }
}

function notHere(): string {
  return vscode.l10n.t("This session is not here: it was deleted, or its server is not connected.");
}
