import * as vscode from "vscode";

import type { SessionRef } from "../core/session.ts";
import { type CommandID, SESSION_SCHEME } from "../platform/ids.ts";
import { parseDocumentQuery } from "../viewModels/documentTarget.ts";
import { neighbourMessage } from "../viewModels/transcript.ts";
import type { TranscriptLink } from "../viewModels/transcriptBlock.ts";
import type { ReadingFolder } from "./readingFolder.ts";

const OPEN_FILE_DIFF: CommandID = "opencodeSessions.openFileDiff";

/** From VS Code's question what may be folded until it has taken the answer in. */
const SETTLE_MS = 200;

/** How long folding is done again when VS Code asks again: it forgets while other extensions come to answer too. */
const INSIST_MS = 2000;

/**
 * Editors that show transcripts: finished tool calls and thoughts are folded once, links lead to child sessions and
 * differences, and who reads the end stays at the end while it grows.
 */
export class TranscriptEditors
  implements vscode.FoldingRangeProvider, vscode.DocumentLinkProvider, vscode.Disposable
{
  readonly #reading: ReadingFolder;
  /** When each part was first folded, by document: what a person opened after that stays open. */
  readonly #folded = new Map<string, Map<string, number>>();
  readonly #atEnd = new WeakSet<vscode.TextEditor>();
  readonly #parts: vscode.Disposable;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(reading: ReadingFolder) {
    this.#reading = reading;
    const selector = { scheme: SESSION_SCHEME, language: "markdown" };
    this.#parts = vscode.Disposable.from(
      vscode.languages.registerFoldingRangeProvider(selector, this),
      vscode.languages.registerDocumentLinkProvider(selector, this),
      vscode.window.onDidChangeActiveTextEditor((editor) => {
        if (editor?.document.uri.scheme === SESSION_SCHEME) this.#foldSoon();
      }),
      vscode.window.onDidChangeTextEditorVisibleRanges(({ textEditor }) => {
        this.#noteEnd(textEditor);
      }),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        if (document.uri.scheme === SESSION_SCHEME) this.#followEnd(document);
      }),
      // Not with the document, which outlives its editor for a while.
      vscode.window.tabGroups.onDidChangeTabs(({ closed }) => {
        for (const { input } of closed) {
          if (input instanceof vscode.TabInputText) this.#folded.delete(input.uri.toString());
        }
      }),
    );
  }

  /** Opens a transcript, at its last prompt. */
  async open(ref: SessionRef): Promise<void> {
    const document = await vscode.workspace.openTextDocument(
      this.#reading.uriOf({ kind: "transcript", ref }),
    );
    const shown = this.#reading.transcriptOf(document);
    const line = shown?.messages.findLast(({ isPrompt }) => isPrompt)?.line ?? 0;
    const editor = await vscode.window.showTextDocument(document, {
      preview: false,
      selection: new vscode.Range(line, 0, line, 0),
    });
    // At the top, so that what the message says is seen.
    editor.revealRange(new vscode.Range(line, 0, line, 0), vscode.TextEditorRevealType.AtTop);
  }

  /** Goes to the next (1) or previous (-1) message of the active transcript; false when there is none. */
  goToMessage(direction: 1 | -1): boolean {
    const editor = vscode.window.activeTextEditor;
    const shown = editor === undefined ? undefined : this.#reading.transcriptOf(editor.document);
    if (editor === undefined || shown === undefined) return false;
    const line = neighbourMessage(shown, editor.selection.active.line, direction);
    if (line === undefined) return false;
    editor.selection = new vscode.Selection(line, 0, line, 0);
    editor.revealRange(editor.selection, vscode.TextEditorRevealType.AtTop);
    return true;
  }

  provideFoldingRanges(document: vscode.TextDocument): vscode.FoldingRange[] | undefined {
    const shown = this.#reading.transcriptOf(document);
    if (shown === undefined) return undefined;
    this.#foldSoon();
    return shown.folds.map(({ startLine, endLine }) => new vscode.FoldingRange(startLine, endLine));
  }

  provideDocumentLinks(document: vscode.TextDocument): vscode.DocumentLink[] | undefined {
    const target = parseDocumentQuery(document.uri.query);
    const shown = this.#reading.transcriptOf(document);
    if (target === undefined || shown === undefined) return undefined;
    return shown.links.map((link) => {
      const range = new vscode.Range(link.line, link.start, link.line, link.end);
      return new vscode.DocumentLink(range, this.#linkTarget(target.ref, link.to));
    });
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#parts.dispose();
  }

  #linkTarget({ serverID, sessionID }: SessionRef, to: TranscriptLink["to"]): vscode.Uri {
    if (to.kind === "session") {
      return this.#reading.uriOf({
        kind: "transcript",
        ref: { serverID, sessionID: to.sessionID },
      });
    }
    const argument = { serverID, sessionID, messageID: to.messageID, file: to.file };
    return vscode.Uri.parse(
      `command:${OPEN_FILE_DIFF}?${encodeURIComponent(JSON.stringify([argument]))}`,
    );
  }

  #foldSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      void this.#fold();
    }, SETTLE_MS);
  }

  /** Folds what has not been folded yet. VS Code folds in the active editor only: others wait until they are. */
  async #fold(): Promise<void> {
    const document = vscode.window.activeTextEditor?.document;
    const shown = document === undefined ? undefined : this.#reading.transcriptOf(document);
    if (document === undefined || shown === undefined) return;
    const key = document.uri.toString();
    const folded = this.#folded.get(key) ?? new Map<string, number>();
    this.#folded.set(key, folded);
    const nowMs = Date.now();
    const selectionLines: number[] = [];
    for (const { partID, startLine } of shown.folds) {
      if (partID === undefined) continue;
      const firstMs = folded.get(partID) ?? nowMs;
      folded.set(partID, firstMs);
      if (nowMs - firstMs < INSIST_MS) selectionLines.push(startLine);
    }
    if (selectionLines.length === 0) return;
    await vscode.commands.executeCommand("editor.fold", {
      selectionLines,
      levels: 1,
      direction: "down",
    });
  }

  #noteEnd(editor: vscode.TextEditor): void {
    if (editor.document.uri.scheme !== SESSION_SCHEME) return;
    const last = editor.visibleRanges.at(-1);
    if (last !== undefined && last.end.line >= editor.document.lineCount - 1) {
      this.#atEnd.add(editor);
    } else this.#atEnd.delete(editor);
  }

  #followEnd(document: vscode.TextDocument): void {
    const end = document.lineAt(document.lineCount - 1).range;
    for (const editor of vscode.window.visibleTextEditors) {
      if (editor.document === document && this.#atEnd.has(editor)) editor.revealRange(end);
    }
  }
}
