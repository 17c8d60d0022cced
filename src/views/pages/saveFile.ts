import * as vscode from "vscode";

import { showStatus } from "../../platform/messages.ts";
import { saveFigures } from "../../platform/savedFiles.ts";
import { pictureBase64 } from "../../protocol/parse.ts";

/** How long the status bar shows that something was copied or saved. */
const STATUS_MS = 4000;

/** The formats figures can be written in. */
export type TextFormat = "csv" | "json";

/** Copies a table as CSV, or all figures as JSON, to the clipboard. */
export async function copyText(text: string, format: TextFormat): Promise<void> {
  await vscode.env.clipboard.writeText(text);
  showDone(
    format === "csv"
      ? vscode.l10n.t("Copied the table as CSV")
      : vscode.l10n.t("Copied all figures as JSON"),
  );
}

/** Asks for a file and saves a table as CSV, or all figures as JSON; `name` without its extension. */
export async function saveText(name: string, text: string, format: TextFormat): Promise<void> {
  await saveFile(`${name}.${format}`, format.toUpperCase(), format, text);
}

/** Asks for a file and saves a chart as a picture; `name` without its extension. */
export async function savePicture(name: string, dataURL: string): Promise<void> {
  await saveFile(`${name}.png`, "PNG", "png", pictureBytes(dataURL));
}

/** Asks for a file and saves to it; `kind` is the file type shown in the dialog. */
async function saveFile(
  fileName: string,
  kind: string,
  extension: string,
  content: Uint8Array | string,
): Promise<void> {
  const uri = await vscode.window.showSaveDialog({
    filters: { [kind]: [extension] },
    defaultUri: vscode.Uri.joinPath(startFolder(), fileName),
  });
  if (uri === undefined) return;
  await saveFigures(uri, content);
  showDone(vscode.l10n.t("Saved {0}", vscode.workspace.asRelativePath(uri)));
}

/** Briefly shows in the status bar that something is done. */
function showDone(text: string): void {
  showStatus(text, STATUS_MS, "check");
}

/** The bytes of a picture's data URL. */
function pictureBytes(dataURL: string): Uint8Array {
  return Uint8Array.from(atob(pictureBase64(dataURL)), (character) => character.charCodeAt(0));
}

/** Where the dialog starts: without a folder it would not suggest a name. */
function startFolder(): vscode.Uri {
  const [first] = vscode.workspace.workspaceFolders ?? [];
  const home = process.env["HOME"] ?? process.env["USERPROFILE"] ?? "/";
  return first?.uri ?? vscode.Uri.file(home);
}
