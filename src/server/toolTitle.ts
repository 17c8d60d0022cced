import { objectOf, titleOf } from "./narrow.ts";

/** Fields of tools' inputs that tell what a call is about, the most telling first. */
const TITLE_FIELDS = ["description", "path", "filePath", "command", "pattern", "url", "query"];

/** What a tool call is about, in one line, by its input: servers give no title while it runs. */
export function titleOfInput(input: unknown): string | undefined {
  const fields = objectOf(input);
  return TITLE_FIELDS.map((name) => titleOf(fields[name])).find((text) => text !== undefined);
}
