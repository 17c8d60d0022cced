import { t } from "../../core/language.ts";
import { MAX_ATTACHED_BYTES, MAX_ATTACHMENTS } from "../../core/limits.ts";
import type { PromptFile } from "../../core/state/prompt.ts";
import { cleanTitle, formatBytes } from "../text/format.ts";
import { normalisePath } from "../text/paths.ts";

/** Types of binary files that models are known to read. */
const READABLE_BINARIES = /^(?:image\/(?:png|jpeg|gif|webp)|application\/pdf)$/;
const TYPES: Readonly<Record<string, string>> = {
  gif: "image/gif",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  pdf: "application/pdf",
  png: "image/png",
  webp: "image/webp",
};
/** A file without a zero in this many bytes counts as text. */
const SNIFFED_BYTES = 8000;

/** The MIME type to send a file as, by its name. */
export function mimeOf(filename: string): string {
  const ending = filename.slice(filename.lastIndexOf(".") + 1).toLowerCase();
  return Object.hasOwn(TYPES, ending) ? (TYPES[ending] ?? "text/plain") : "text/plain";
}

/** The MIME type to send a file as; undefined if no model can read it. */
export function attachmentMime(
  filename: string,
  reportedMime: string,
  bytes: Uint8Array,
): string | undefined {
  const mime =
    reportedMime === "" || reportedMime === "application/octet-stream"
      ? mimeOf(filename)
      : reportedMime;
  if (READABLE_BINARIES.test(mime)) return mime;
  return bytes.subarray(0, SNIFFED_BYTES).includes(0) ? undefined : "text/plain";
}

/** Why a file of this size can't be attached to a prompt with these other files; undefined if it can. */
export function attachmentRefusal(
  name: string,
  bytes: number,
  others: readonly { readonly bytes: number }[],
): string | undefined {
  if (others.length >= MAX_ATTACHMENTS) {
    return t`“${cleanTitle(name, 60)}” was not attached: a prompt can have at most ${String(MAX_ATTACHMENTS)} files.`;
  }
  const sum = others.reduce((all, other) => all + other.bytes, bytes);
  if (sum <= MAX_ATTACHED_BYTES) return undefined;
  return t`“${cleanTitle(name, 60)}” was not attached: the files of a prompt can be at most ${formatBytes(MAX_ATTACHED_BYTES)} in total.`;
}

/** The URL of a file on the server's machine, from a path relative to `directory`; undefined outside of it. */
export function fileURL(directory: string, path: string): string | undefined {
  const whole = normalisePath(`${directory}/${path}`);
  if (path.split(/[\\/]/).includes("..") || /^(?:[\\/]|[A-Za-z]:)/.test(path)) return undefined;
  const slashed = whole.startsWith("/") ? whole : `/${whole}`;
  return `file://${slashed.split("/").map(encodeURIComponent).join("/")}`;
}

/** A file on the server's machine, as sent with a prompt. */
export function mentionedFile(directory: string, path: string): PromptFile | undefined {
  const url = fileURL(directory, path);
  return url === undefined ? undefined : { filename: path, mime: mimeOf(path), url };
}

/** An editor selection as inserted in a prompt: its location and its lines. */
export function selectionText(
  path: string,
  lines: { readonly first: number; readonly last: number },
  language: string,
  text: string,
): string {
  const place = lines.first === lines.last ? String(lines.first) : `${lines.first}-${lines.last}`;
  const ticks = [...text.matchAll(/`{3,}/g)].map(([run]) => run.length);
  const fence = "`".repeat(Math.max(2, ...ticks) + 1);
  return `${path}:${place}\n${fence}${language}\n${text.replace(/\n$/, "")}\n${fence}\n`;
}
