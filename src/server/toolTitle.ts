import { objectOf, titleOf } from "./narrow.ts";

/** Fields of tool inputs that say what a call is about, most descriptive first. */
const TITLE_FIELDS = ["description", "path", "filePath", "command", "pattern", "url", "query"];

/** What a tool call is about, in one line, from its input: servers provide no title while it runs. */
export function titleOfInput(input: unknown): string | undefined {
  const fields = objectOf(input);
  return TITLE_FIELDS.map((name) => titleOf(fields[name])).find((text) => text !== undefined);
}
