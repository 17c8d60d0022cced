import * as vscode from "vscode";

import type { SessionRef } from "../core/session.ts";
import { ChangedFilesTree } from "./changedFilesTree.ts";
import type { DocumentSource } from "./documentSource.ts";
import { PromptDocuments } from "./promptDocuments.ts";
import { ReadingFolder } from "./readingFolder.ts";
import { TranscriptEditors } from "./transcriptEditors.ts";
import { TurnDiffs } from "./turnDiffs.ts";

/**
 * Everything of a session that opens in an editor, and the view of its changed files. Loaded with the first of
 * them; `VirtualFolders` stands for it until then.
 */
export class SessionDocuments implements vscode.Disposable {
  /** Documents to be read: transcripts, to-do lists, texts of changed files. */
  readonly reading: ReadingFolder;
  /** Prompts that are being written. */
  readonly prompts: PromptDocuments;
  readonly transcripts: TranscriptEditors;
  readonly files: ChangedFilesTree;
  readonly #parts: vscode.Disposable;

  constructor(
    source: DocumentSource,
    changed: {
      readonly session: (uri: vscode.Uri) => void;
      readonly prompt: (uri: vscode.Uri) => void;
    },
  ) {
    const diffs = new TurnDiffs(source.turnDiffs, () => {
      this.reading.touch();
      this.files.touch();
    });
    this.reading = new ReadingFolder(source, diffs, changed.session);
    this.prompts = new PromptDocuments(source.store, changed.prompt, source.taskHint);
    this.transcripts = new TranscriptEditors(this.reading);
    this.files = new ChangedFilesTree(source, diffs);
    this.#parts = vscode.Disposable.from(this.reading, this.prompts, this.transcripts, this.files);
  }

  /** Opens the transcript of a session at its last prompt. */
  async openTranscript(ref: SessionRef): Promise<void> {
    await this.transcripts.open(ref);
  }

  /** Opens the agent's todo list. */
  async openTodo(ref: SessionRef): Promise<void> {
    const uri = this.reading.uriOf({ kind: "todo", ref });
    await vscode.window.showTextDocument(uri, { preview: true });
  }

  /** Opens a changed file in the diff editor: by one turn, or by the whole session. */
  async openFileDiff(ref: SessionRef, messageID: string | undefined, file: string): Promise<void> {
    const side = (kind: "before" | "after") => this.reading.uriOf({ kind, ref, messageID, file });
    const name = file.slice(file.lastIndexOf("/") + 1);
    const scope =
      messageID === undefined ? vscode.l10n.t("whole session") : vscode.l10n.t("one turn");
    await vscode.commands.executeCommand(
      "vscode.diff",
      side("before"),
      side("after"),
      `${name} (${scope})`,
      { preview: true } satisfies vscode.TextDocumentShowOptions,
    );
  }

  /** Opens several changed files in one editor. */
  async openDiffs(
    ref: SessionRef,
    messageID: string | undefined,
    files: readonly string[],
    title: string,
  ): Promise<void> {
    const sides = files.map((file) => {
      const after = this.reading.uriOf({ kind: "after", ref, messageID, file });
      return [after, this.reading.uriOf({ kind: "before", ref, messageID, file }), after];
    });
    await vscode.commands.executeCommand("vscode.changes", title, sides);
  }

  dispose(): void {
    this.#parts.dispose();
  }
}
