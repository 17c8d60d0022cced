import type { ToolPart } from "../../core/state/message.ts";
import { cleanTitle } from "../text/format.ts";

/** Maximum length of a tool call's title on one line. */
export const TOOL_TITLE = 160;

/** What a tool call is about, in one line: the server's title, else the most descriptive input. */
export function toolTitle({ title, input }: ToolPart): string {
  const serverTitle = title ?? "";
  if (serverTitle.trim() !== "") return cleanTitle(serverTitle, TOOL_TITLE);
  if (typeof input !== "object" || input === null) return "";
  const fields = new Map<string, unknown>(Object.entries(input));
  for (const name of ["description", "command", "filePath", "path", "pattern", "query", "url"]) {
    const value = fields.get(name);
    if (typeof value === "string" && value.trim() !== "") return cleanTitle(value, TOOL_TITLE);
  }
  return "";
}

/** A tool's input: multi-line texts as they are, the rest as JSON. Empty if there is none. */
export function toolInput(input: unknown): readonly {
  readonly language: "json" | "text";
  /** The field of the input; undefined if the text covers several. */
  readonly name?: string;
  readonly text: string;
}[] {
  if (input === undefined || input === null) return [];
  if (typeof input === "string")
    return input.trim() === "" ? [] : [{ language: "text", text: input }];
  if (typeof input !== "object") return [{ language: "json", text: JSON.stringify(input) }];
  const rest: [string, unknown][] = [];
  const texts: { language: "text"; name: string; text: string }[] = [];
  for (const [name, value] of Object.entries(input)) {
    if (typeof value === "string" && value.includes("\n"))
      texts.push({ language: "text", name, text: value });
    else rest.push([name, value]);
  }
  if (rest.length === 0) return texts;
  return [
    { language: "json", text: JSON.stringify(Object.fromEntries(rest), undefined, 2) },
    ...texts,
  ];
}
