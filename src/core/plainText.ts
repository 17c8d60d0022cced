/** What VS Code makes a link of, wherever it shows a sentence: `[text](command:…)`, which runs when it is clicked. */
const LINK_START = /\](?=\()/g;

/** What VS Code makes an icon of in labels. */
const ICON_START = /\$(?=\([A-Za-z0-9-])/g;

/**
 * A text that VS Code shows as it is in message boxes, progress, lists, input boxes and the status bar: links and icons
 * are broken by a zero-width space, which nobody sees. Anything in it may come from a server or a model.
 */
export function plainText(text: string): string {
  return text.replace(LINK_START, "]\u200b").replace(ICON_START, "$\u200b");
}

/** A label that begins with an icon of our own, in places that draw icons only from text. */
export function iconText(icon: string, text: string): string {
  return `$(${icon}) ${plainText(text)}`;
}
