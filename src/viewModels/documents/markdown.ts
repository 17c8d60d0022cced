import { cleanTitle } from "../text/format.ts";

/**
 * Makes any text harmless inside Markdown: every ASCII punctuation character is escaped, so no markup,
 * HTML, link or table survives, and line breaks become spaces.
 */
export function escapeMarkdown(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[!-/:-@[-`{-~]/g, "\\$&");
}

/** One line of text that reads the same in an editor and as Markdown: escapes only what would become markup. */
export function readableMarkdown(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\`*<>[\]|]/g, "\\$&");
}

/** A title, name or reason from a server as part of a Markdown document: bounded in length, never markup. */
export function titleMarkdown(text: string, maxLength?: number): string {
  return readableMarkdown(cleanTitle(text, maxLength));
}
