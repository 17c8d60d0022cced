import type { UsageModel } from "../viewModels/usage.ts";
import { usageFileName, usagePageCSV, usagePageJSON } from "../viewModels/usagePageExport.ts";
import type { UsageTableID } from "../viewModels/usageTables.ts";
import { copyText, savePicture, saveText, type TextFormat } from "./saveFile.ts";

/** Copies a card's table as CSV, or all figures as JSON, to the clipboard. */
export async function copyUsage(
  model: UsageModel,
  table: UsageTableID,
  format: TextFormat,
): Promise<void> {
  await copyText(textOf(model, table, format), format);
}

/** Asks where, and saves a card's table as CSV, or all figures as JSON. */
export async function saveUsage(
  model: UsageModel,
  table: UsageTableID,
  format: TextFormat,
): Promise<void> {
  const name = usageFileName(model, format === "csv" ? table : "usage");
  await saveText(name, textOf(model, table, format), format);
}

/** Asks where, and saves a chart as a picture. */
export async function saveUsageChart(
  model: UsageModel,
  chart: UsageTableID,
  dataURL: string,
): Promise<void> {
  await savePicture(usageFileName(model, chart), dataURL);
}

function textOf(model: UsageModel, table: UsageTableID, format: TextFormat): string {
  return format === "json" ? usagePageJSON(model) : usagePageCSV(model, table);
}
