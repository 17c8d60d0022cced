/**
 * What a terminal acts on instead of showing it: control characters of both sets, which begin escape
 * sequences, and characters that reorder or hide text. Tabs and line feeds are ours.
 */
const CONTROLS =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** Makes a text safe to write to a terminal: nothing in it can control the cursor or the terminal. */
export function terminalText(text: string): string {
  return text.replace(CONTROLS, "");
}

/** JSON that is safe to write to a terminal: the same values, with such characters escaped. */
export function terminalJSON(value: unknown): string {
  return JSON.stringify(value, undefined, 2).replace(
    CONTROLS,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
