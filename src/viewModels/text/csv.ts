import { trimEndOf } from "../../core/trim.ts";

/** What a cell may hold; undefined is an empty cell. */
export type CsvCell = string | number | boolean | undefined;

/**
 * Rows as CSV after RFC 4180: CRLF, quotes doubled, fields quoted where needed. Text that a spreadsheet
 * would run as a formula gets an apostrophe in front; numbers are left alone.
 */
export function csvText(rows: readonly (readonly CsvCell[])[]): string {
  return rows.map((row) => `${row.map(csvField).join(",")}\r\n`).join("");
}

function csvField(cell: CsvCell): string {
  if (cell === undefined) return "";
  if (typeof cell === "number") return csvNumber(cell);
  if (typeof cell === "boolean") return String(cell);
  const text = /^[=+\-@\t\r\n\uFF0B\uFF0D\uFF1D\uFF20]/.test(cell.trimStart()) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Digits only: an exponent is text to some spreadsheets. */
function csvNumber(value: number): string {
  if (!Number.isFinite(value)) return "";
  const text = String(value);
  return text.includes("e") ? trimEndOf(trimEndOf(value.toFixed(12), "0"), ".") : text;
}
