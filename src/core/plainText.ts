/** VS Code turns `[text](command:…)` in any sentence it shows into a link, which runs the command when clicked. */
const LINK_START = /\](?=\()/g;

/** VS Code turns `$(name)` in labels into an icon. */
const ICON_START = /\$(?=\([A-Za-z0-9-])/g;

/**
 * A text that VS Code shows literally in message boxes, progress, lists, input boxes and the status bar: an invisible
 * zero-width space breaks links and icons. Safe for text from a server or a model.
 */
export function plainText(text: string): string {
  return text.replace(LINK_START, "]\u200b").replace(ICON_START, "$\u200b");
}

/** A label that starts with an icon we chose, for places that only support icons in text. */
export function iconText(icon: string, text: string): string {
  return `$(${icon}) ${plainText(text)}`;
}

/** A text as HTML shows it literally, also within a quoted attribute. */
export function escapeHTML(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
