import { trimEndOf } from "../../core/trim.ts";

/** The value of a cell; undefined is an empty cell. */
export type CsvCell = string | number | boolean | undefined;

/**
 * Formats rows as CSV per RFC 4180: CRLF, quotes doubled, fields quoted where needed. Text that a
 * spreadsheet would run as a formula is prefixed with an apostrophe; numbers are left alone.
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

/** Plain digits: some spreadsheets read an exponent as text. */
function csvNumber(value: number): string {
  if (!Number.isFinite(value)) return "";
  const text = String(value);
  return text.includes("e") ? trimEndOf(trimEndOf(value.toFixed(12), "0"), ".") : text;
}
