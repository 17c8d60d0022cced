import * as vscode from "vscode";

import type { PermissionRequest, QuestionRequest } from "../core/request.ts";
import { REQUEST_SCHEME } from "../platform/ids.ts";
import { requestDocument } from "../viewModels/requestDocument.ts";

/**
 * Shows what a request is about in full: an edit as a difference of two texts, anything else as a read-only
 * document. Texts are kept as long as their editor is open, and nowhere else.
 */
export class RequestDocuments implements vscode.TextDocumentContentProvider {
  readonly #texts = new Map<string, string>();
  readonly #parts: vscode.Disposable;

  constructor() {
    this.#parts = vscode.Disposable.from(
      vscode.workspace.registerTextDocumentContentProvider(REQUEST_SCHEME, this),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        if (uri.scheme === REQUEST_SCHEME) this.#texts.delete(uri.toString());
      }),
    );
  }

  /** Opens the request in an editor; the result closes it again. */
  async open(request: PermissionRequest | QuestionRequest): Promise<{ close(): Promise<void> }> {
    const shown = requestDocument(request);
    if (shown.kind === "diff") {
      const before = this.#keep(request.id, "before", shown.name, shown.before);
      const after = this.#keep(request.id, "after", shown.name, shown.after);
      await vscode.commands.executeCommand("vscode.diff", before, after, shown.title, {
        preview: true,
      } satisfies vscode.TextDocumentShowOptions);
      return closing(after);
    }
    const uri = this.#keep(request.id, "text", shown.name, shown.text);
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { preview: true });
    return closing(uri);
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.toString()) ?? vscode.l10n.t("This request has been settled.");
  }

  dispose(): void {
    this.#parts.dispose();
  }

  #keep(requestID: string, part: string, name: string, text: string): vscode.Uri {
    const uri = vscode.Uri.from({
      scheme: REQUEST_SCHEME,
      path: `/${name}`,
      query: new URLSearchParams({ request: requestID, part }).toString(),
    });
    this.#texts.set(uri.toString(), text);
    return uri;
  }
}

/** Closes the tabs that show a document, on whichever side of a difference. */
function closing(uri: vscode.Uri): { close(): Promise<void> } {
  const shows = ({ input }: vscode.Tab): boolean => {
    if (input instanceof vscode.TabInputText) return input.uri.toString() === uri.toString();
    return input instanceof vscode.TabInputTextDiff && input.modified.toString() === uri.toString();
  };
  return {
    close: async () => {
      const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs.filter(shows));
      await vscode.window.tabGroups.close(tabs, true);
    },
  };
}
