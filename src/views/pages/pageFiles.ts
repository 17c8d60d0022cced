import type { Table } from "../../viewModels/cards/card.ts";
import { tableCSV } from "../../viewModels/cards/table.ts";
import type { FromPage } from "../../protocol/page.ts";
import { copyText, savePicture, saveText } from "./saveFile.ts";

/** The formats in which a page can be saved. */
export interface PageFiles {
  /** A table by its id; undefined if there is none. */
  readonly table: (id: string) => Table | undefined;
  readonly json: () => string;
  /** A file name without extension; for all figures if no table or picture is named. */
  readonly fileName: (id: string | undefined) => string;
}

type FileRequest = Extract<FromPage, { readonly type: "copy" | "export" | "savePicture" }>;

/** Copies or saves what a page requests: a table as CSV, all figures as JSON, or a picture. */
export async function writePageFile(request: FileRequest, files: PageFiles): Promise<void> {
  if (request.type === "savePicture") {
    await savePicture(files.fileName(request.card), request.dataURL);
    return;
  }
  const { type, format } = request;
  const table = format === "csv" ? files.table(request.table) : undefined;
  if (format === "csv" && table === undefined) return;
  const text = table === undefined ? files.json() : tableCSV(table);
  if (type === "copy") await copyText(text, format);
  else await saveText(files.fileName(format === "csv" ? request.table : undefined), text, format);
}
