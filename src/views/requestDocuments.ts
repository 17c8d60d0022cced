import * as vscode from "vscode";

import type { AttentionItem } from "../core/attention.ts";
import type { PendingRequest } from "../core/request.ts";
import type { SessionRef } from "../core/session.ts";
import { REQUEST_SCHEME } from "../platform/ids.ts";
import { requestDocument } from "../viewModels/requestDocument.ts";

/**
 * Shows what a request is about in full: an edit as a difference of two texts, anything else as a read-only
 * document. Texts are kept as long as their editor is open, and nowhere else.
 */
export class RequestDocuments implements vscode.TextDocumentContentProvider {
  readonly #texts = new Map<string, string>();
  readonly #parts: vscode.Disposable;

  /** `onDidChange` tells all that waits: the editors of what does not any more are closed. */
  constructor(onDidChange: vscode.Event<readonly AttentionItem[]>) {
    this.#parts = vscode.Disposable.from(
      onDidChange((items) => {
        const waiting = new Set(items.map(({ key }) => key));
        void closeTabs((uri) => !waiting.has(`request ${queryOf(uri).get("request") ?? ""}`));
      }),
      vscode.workspace.registerTextDocumentContentProvider(REQUEST_SCHEME, this),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        if (uri.scheme === REQUEST_SCHEME) this.#texts.delete(uri.toString());
      }),
    );
  }

  /** Opens the request in an editor; the result closes it again. */
  async open(ref: SessionRef, request: PendingRequest): Promise<{ close(): Promise<void> }> {
    const shown = requestDocument(request);
    const keep = (part: string, text: string): vscode.Uri => {
      const uri = vscode.Uri.from({
        scheme: REQUEST_SCHEME,
        path: `/${request.kind}/${shown.name}`,
        query: new URLSearchParams({ ...ref, request: request.id, part }).toString(),
      });
      this.#texts.set(uri.toString(), text);
      return uri;
    };
    if (shown.kind === "diff") {
      const options: vscode.TextDocumentShowOptions = { preview: true };
      await vscode.commands.executeCommand(
        "vscode.diff",
        keep("before", shown.before),
        keep("after", shown.after),
        shown.title,
        options,
      );
    } else {
      const document = await vscode.workspace.openTextDocument(keep("text", shown.text));
      await vscode.window.showTextDocument(document, { preview: true });
    }
    return { close: () => closeTabs((uri) => queryOf(uri).get("request") === request.id) };
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.toString()) ?? vscode.l10n.t("This request has been settled.");
  }

  dispose(): void {
    this.#parts.dispose();
  }
}

function queryOf(uri: vscode.Uri): URLSearchParams {
  return new URLSearchParams(uri.query);
}

/** Closes the tabs of requests for which something is so. */
async function closeTabs(isSo: (uri: vscode.Uri) => boolean): Promise<void> {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  const toClose = tabs.filter(({ input }) => {
    const uri =
      input instanceof vscode.TabInputText
        ? input.uri
        : input instanceof vscode.TabInputTextDiff
          ? input.modified
          : undefined;
    return uri?.scheme === REQUEST_SCHEME && isSo(uri);
  });
  if (toClose.length > 0) await vscode.window.tabGroups.close(toClose, true);
}
