import type { BreakdownTable } from "../protocol/breakdown.ts";
import type { BreakdownModel } from "../viewModels/breakdown.ts";
import {
  breakdownJSON,
  childrenCSV,
  exportName,
  messagesCSV,
} from "../viewModels/breakdownExport.ts";
import { copyText, savePicture, saveText, type TextFormat } from "./saveFile.ts";

/** Copies a table as CSV, or all figures as JSON, to the clipboard. */
export async function copyTable(
  model: BreakdownModel,
  table: BreakdownTable,
  format: TextFormat,
): Promise<void> {
  await copyText(textOf(model, table, format), format);
}

/** Asks where, and saves a table as CSV, or all figures as JSON. */
export async function saveTable(
  model: BreakdownModel,
  table: BreakdownTable,
  format: TextFormat,
): Promise<void> {
  const name = exportName(model, format === "csv" ? table : "breakdown");
  await saveText(name, textOf(model, table, format), format);
}

/** Asks where, and saves a chart as a picture. */
export async function saveChart(
  model: BreakdownModel,
  chart: string,
  dataURL: string,
): Promise<void> {
  await savePicture(exportName(model, chart), dataURL);
}

function textOf(model: BreakdownModel, table: BreakdownTable, format: TextFormat): string {
  if (format === "json") return breakdownJSON(model);
  return table === "children" ? childrenCSV(model) : messagesCSV(model);
}
