/**
 * Makes any text harmless inside Markdown: every ASCII punctuation character is escaped, so no markup,
 * HTML, link or table survives, and line breaks become spaces.
 */
export function escapeMarkdown(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[!-/:-@[-`{-~]/g, "\\$&");
}

/** Keeps `$(name)` in a text from being drawn as an icon, where labels may hold icons. */
export function withoutIcons(text: string): string {
  // A zero-width space is no part of any icon's name and is not seen.
  return text.replaceAll("$(", "$\u200b(");
}

/** Keeps `[text](command:…)` in a message box from being drawn as a link. */
export function withoutLinks(text: string): string {
  return text.replaceAll("](", "]\u200b(");
}
