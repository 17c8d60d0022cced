import * as vscode from "vscode";

import type { UsageModel } from "../viewModels/usage.ts";
import { usageCSV, usageFileName, usageJSON } from "../viewModels/usagePageExport.ts";
import type { UsageTableID } from "../viewModels/usageTables.ts";
import { pictureBytes, saveFile, tellDone } from "./saveFile.ts";

/** Copies a card's table as CSV, or all figures as JSON, to the clipboard. */
export async function copyUsage(
  model: UsageModel,
  table: UsageTableID,
  format: "csv" | "json",
): Promise<void> {
  await vscode.env.clipboard.writeText(textOf(model, table, format));
  tellDone(
    format === "csv"
      ? vscode.l10n.t("Copied the table as CSV")
      : vscode.l10n.t("Copied all figures as JSON"),
  );
}

/** Asks where, and saves a card's table as CSV, or all figures as JSON. */
export async function saveUsage(
  model: UsageModel,
  table: UsageTableID,
  format: "csv" | "json",
): Promise<void> {
  const name = usageFileName(model, format === "csv" ? table : "usage");
  const content = new TextEncoder().encode(textOf(model, table, format));
  await saveFile(`${name}.${format}`, format.toUpperCase(), format, content);
}

/** Asks where, and saves a chart as a picture. */
export async function saveUsageChart(
  model: UsageModel,
  chart: UsageTableID,
  dataURL: string,
): Promise<void> {
  await saveFile(`${usageFileName(model, chart)}.png`, "PNG", "png", pictureBytes(dataURL));
}

function textOf(model: UsageModel, table: UsageTableID, format: "csv" | "json"): string {
  return format === "json" ? usageJSON(model) : usageCSV(model, table);
}
