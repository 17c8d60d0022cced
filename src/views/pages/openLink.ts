import * as vscode from "vscode";

import { t } from "../../core/language.ts";
import { linkTarget } from "../../viewModels/conversation/link.ts";

/**
 * Opens a link from a conversation: a web address in the browser, which VS Code confirms, or a file below the
 * session's directory, if that is on this machine.
 * @throws Error, fit to be shown, for anything else.
 */
export async function openLink(href: string, directory: string | undefined): Promise<void> {
  const target = linkTarget(href, directory);
  if (target === undefined) throw new Error(t("This link cannot be opened."));
  if (target.kind === "web") {
    await vscode.env.openExternal(vscode.Uri.parse(target.url, true));
    return;
  }
  const at = new vscode.Position((target.line ?? 1) - 1, 0);
  await vscode.window.showTextDocument(vscode.Uri.file(target.path), {
    preview: true,
    ...(target.line === undefined ? {} : { selection: new vscode.Range(at, at) }),
  });
}
