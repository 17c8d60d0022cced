import * as vscode from "vscode";

import { showStatus } from "../../platform/messages.ts";
import { pictureBase64 } from "../../protocol/parse.ts";

/** How long the status bar says that something was copied or saved. */
const TOLD_MS = 4000;

/** What figures are written as. */
export type TextFormat = "csv" | "json";

/** Copies a table as CSV, or all figures as JSON, to the clipboard. */
export async function copyText(text: string, format: TextFormat): Promise<void> {
  await vscode.env.clipboard.writeText(text);
  tellDone(
    format === "csv"
      ? vscode.l10n.t("Copied the table as CSV")
      : vscode.l10n.t("Copied all figures as JSON"),
  );
}

/** Asks where, and saves a table as CSV, or all figures as JSON; `name` without its ending. */
export async function saveText(name: string, text: string, format: TextFormat): Promise<void> {
  const content = new TextEncoder().encode(text);
  await saveFile(`${name}.${format}`, format.toUpperCase(), format, content);
}

/** Asks where, and saves a chart as a picture; `name` without its ending. */
export async function savePicture(name: string, dataURL: string): Promise<void> {
  await saveFile(`${name}.png`, "PNG", "png", pictureBytes(dataURL));
}

/** Asks where, and saves a file; `kind` is what the dialog calls it. */
async function saveFile(
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
function tellDone(text: string): void {
  showStatus(text, TOLD_MS, "check");
}

/** The bytes of a picture's data URL. */
function pictureBytes(dataURL: string): Uint8Array {
  return Uint8Array.from(atob(pictureBase64(dataURL)), (character) => character.charCodeAt(0));
}

/** Where the dialog begins: without a folder it would not propose a name. */
function startFolder(): vscode.Uri {
  const [first] = vscode.workspace.workspaceFolders ?? [];
  const home = process.env["HOME"] ?? process.env["USERPROFILE"] ?? "/";
  return first?.uri ?? vscode.Uri.file(home);
}
