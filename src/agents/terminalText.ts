/**
 * What a terminal acts on instead of showing it: control characters of both sets, with which escape sequences begin,
 * and characters that reorder or hide text. Tabs and line feeds are ours.
 */
const CONTROLS =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** A text as it may be written to a terminal: nothing in it, whoever wrote it, moves the cursor or speaks to the terminal. */
export function terminalText(text: string): string {
  return text.replace(CONTROLS, "");
}

/** JSON as it may be written to a terminal: the same values, with such characters as escapes. */
export function terminalJSON(value: unknown): string {
  return JSON.stringify(value, undefined, 2).replace(
    CONTROLS,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
