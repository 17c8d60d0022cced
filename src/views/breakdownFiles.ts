import * as vscode from "vscode";

import type { BreakdownTable } from "../protocol/breakdown.ts";
import type { BreakdownModel } from "../viewModels/breakdown.ts";
import {
  breakdownJSON,
  childrenCSV,
  exportName,
  messagesCSV,
} from "../viewModels/breakdownExport.ts";
import { pictureBytes, saveFile, tellDone } from "./saveFile.ts";

/** Copies a table as CSV, or all figures as JSON, to the clipboard. */
export async function copyTable(
  model: BreakdownModel,
  table: BreakdownTable,
  format: "csv" | "json",
): Promise<void> {
  await vscode.env.clipboard.writeText(tableText(model, table, format));
  tellDone(
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
  await saveFile(`${name}.${format}`, format.toUpperCase(), format, content);
}

/** Asks where, and saves a chart as a picture. */
export async function saveChart(
  model: BreakdownModel,
  chart: string,
  dataURL: string,
): Promise<void> {
  await saveFile(`${exportName(model, chart)}.png`, "PNG", "png", pictureBytes(dataURL));
}

function tableText(model: BreakdownModel, table: BreakdownTable, format: "csv" | "json"): string {
  if (format === "json") return breakdownJSON(model);
  return table === "children" ? childrenCSV(model) : messagesCSV(model);
}
