import * as vscode from "vscode";

import { pictureBase64 } from "../protocol/breakdown.ts";

/** How long the status bar says that something was copied or saved. */
const TOLD_MS = 4000;

/** Asks where, and saves a file; `kind` is what the dialog calls it. */
export async function saveFile(
  fileName: string,
  kind: string,
  extension: string,
  content: Uint8Array,
): Promise<void> {
  const uri = await vscode.window.showSaveDialog({
    filters: { [kind]: [extension] },
    defaultUri: vscode.Uri.joinPath(startFolder(), fileName),
  });
  if (uri === undefined) return;
  await vscode.workspace.fs.writeFile(uri, content);
  tellDone(vscode.l10n.t("Saved {0}", vscode.workspace.asRelativePath(uri)));
}

/** Says in the status bar, for a moment, that something is done. */
export function tellDone(text: string): void {
  vscode.window.setStatusBarMessage(`$(check) ${text}`, TOLD_MS);
}

/** The bytes of a picture's data URL. */
export function pictureBytes(dataURL: string): Uint8Array {
  return Uint8Array.from(atob(pictureBase64(dataURL)), (character) => character.charCodeAt(0));
}

/** Where the dialog begins: without a folder it would not propose a name. */
function startFolder(): vscode.Uri {
  const [first] = vscode.workspace.workspaceFolders ?? [];
  const home = process.env["HOME"] ?? process.env["USERPROFILE"] ?? "/";
  return first?.uri ?? vscode.Uri.file(home);
}
