import * as vscode from "vscode";

import { type BreakdownTable, pictureBase64 } from "../protocol/breakdown.ts";
import type { BreakdownModel } from "../viewModels/breakdown.ts";
import {
  breakdownJSON,
  childrenCSV,
  exportName,
  messagesCSV,
} from "../viewModels/breakdownExport.ts";

/** How long the status bar says that something was copied or saved. */
const TOLD_MS = 4000;

/** Copies a table as CSV, or all figures as JSON, to the clipboard. */
export async function copyTable(
  model: BreakdownModel,
  table: BreakdownTable,
  format: "csv" | "json",
): Promise<void> {
  await vscode.env.clipboard.writeText(tableText(model, table, format));
  tell(
    format === "csv"
      ? vscode.l10n.t("Copied the table as CSV")
      : vscode.l10n.t("Copied all figures as JSON"),
  );
}

/** Asks where, and saves a table as CSV, or all figures as JSON. */
export async function saveTable(
  model: BreakdownModel,
  table: BreakdownTable,
  format: "csv" | "json",
): Promise<void> {
  const name = exportName(model, format === "csv" ? table : "breakdown");
  const content = new TextEncoder().encode(tableText(model, table, format));
  await save(`${name}.${format}`, format.toUpperCase(), format, content);
}

/** Asks where, and saves a chart as a picture. */
export async function saveChart(
  model: BreakdownModel,
  chart: string,
  dataURL: string,
): Promise<void> {
  const bytes = Uint8Array.from(atob(pictureBase64(dataURL)), (character) =>
    character.charCodeAt(0),
  );
  await save(`${exportName(model, chart)}.png`, "PNG", "png", bytes);
}

function tableText(model: BreakdownModel, table: BreakdownTable, format: "csv" | "json"): string {
  if (format === "json") return breakdownJSON(model);
  return table === "children" ? childrenCSV(model) : messagesCSV(model);
}

async function save(
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
  tell(vscode.l10n.t("Saved {0}", vscode.workspace.asRelativePath(uri)));
}

/** Where the dialog begins: without a folder it would not propose a name. */
function startFolder(): vscode.Uri {
  const [first] = vscode.workspace.workspaceFolders ?? [];
  const home = process.env["HOME"] ?? process.env["USERPROFILE"] ?? "/";
  return first?.uri ?? vscode.Uri.file(home);
}

function tell(text: string): void {
  vscode.window.setStatusBarMessage(`$(check) ${text}`, TOLD_MS);
}
