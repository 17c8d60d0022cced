import * as vscode from "vscode";

import type { SessionRef } from "../core/session.ts";
import { SUMMARY_SCHEME } from "../platform/ids.ts";
import { cleanTitle } from "../viewModels/format.ts";

/** Reads the text of a message; undefined when it cannot be had. */
export type MessageText = (ref: SessionRef, messageID: string) => Promise<string | undefined>;

/**
 * Shows the summaries of compactions as read-only documents. A document is named by its URI alone, so that
 * an editor that comes back after a reload finds its text again.
 */
export class SummaryDocuments implements vscode.TextDocumentContentProvider {
  readonly #read: MessageText;
  readonly #registration: vscode.Disposable;

  constructor(read: MessageText) {
    this.#read = read;
    this.#registration = vscode.workspace.registerTextDocumentContentProvider(SUMMARY_SCHEME, this);
  }

  /** Opens the summary in an editor. */
  async open(ref: SessionRef, messageID: string, sessionTitle: string): Promise<void> {
    const name = cleanTitle(sessionTitle, 50).replaceAll("/", "∕");
    const uri = vscode.Uri.from({
      scheme: SUMMARY_SCHEME,
      path: `/${vscode.l10n.t("Summary of {0}", name)}.md`,
      query: new URLSearchParams({ ...ref, messageID }).toString(),
    });
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { preview: true });
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const query = new URLSearchParams(uri.query);
    const serverID = query.get("serverID");
    const sessionID = query.get("sessionID");
    const messageID = query.get("messageID");
    if (serverID === null || sessionID === null || messageID === null) return "";
    const text = await this.#read({ serverID, sessionID }, messageID);
    return (
      text ??
      vscode.l10n.t("The summary cannot be read: its server is not connected, or it was deleted.")
    );
  }

  dispose(): void {
    this.#registration.dispose();
  }
}
