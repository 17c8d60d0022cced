/**
 * Feeds texts that a hostile server or model could send to the code that handles them, printing each name
 * when done. A separate process, because a pattern taking quadratic time would block the test's timers.
 */
import { taskPattern } from "../../src/core/ledger/taskPattern.ts";
import { redacted } from "../../src/core/log.ts";
import { iconText, plainText } from "../../src/core/plainText.ts";
import { parseSpecification } from "../../src/server/specification.ts";
import * as v1 from "../../src/server/v1/parseMessage.ts";
import * as v2 from "../../src/server/v2/parseMessage.ts";
import { escapeMarkdown, markup } from "../../src/viewModels/documents/markdown.ts";
import { countLines, sidesOf } from "../../src/viewModels/documents/patch.ts";
import { cleanTitle } from "../../src/viewModels/text/format.ts";
import { baseName, normalisePath } from "../../src/viewModels/text/paths.ts";

const SIZE = 1_000_000;

/** Megabyte-sized texts that are worst cases for various kinds of patterns. */
const TEXTS = Object.entries({
  hex: "a".repeat(SIZE) + "g",
  slashes: "/".repeat(SIZE) + "x",
  backslashes: "\\".repeat(SIZE) + "x",
  spaces: "x" + " ".repeat(SIZE) + "x",
  dashes: "-".repeat(SIZE) + "x",
  quotes: '"`'.repeat(SIZE / 2),
  brackets: "](".repeat(SIZE / 2),
  icons: "$(".repeat(SIZE / 2),
  ellipses: "… ".repeat(SIZE / 2) + "x",
  parentheses: "(@".repeat(SIZE / 2),
  dots: "1.".repeat(SIZE / 2) + "x",
  "open quotes": "«".repeat(SIZE),
  tasks: `kubeopencode/${"a".repeat(SIZE)}`,
  combining: "e" + "\u0301".repeat(SIZE),
  surrogates: "\ud800".repeat(SIZE),
  controls: "\u001b".repeat(SIZE),
});

const WORKS: Record<string, (text: string) => unknown> = {
  taskPattern,
  cleanTitle: (text) => cleanTitle(text),
  normalisePath,
  baseName,
  plainText,
  iconText: (text) => iconText("check", text),
  escapeMarkdown,
  markup: (text) => String(markup`# ${text}`),
  redacted,
  sidesOf,
  countLines: (text) => countLines(text, `${text}\n`),
};

for (const [name, work] of Object.entries(WORKS)) {
  for (const [kind, text] of TEXTS) {
    work(text);
    console.log(`${name} of ${kind}`);
  }
}

/** A value with nested objects. */
function nested(depth: number, key: string): unknown {
  let value: unknown = "end";
  for (let level = 0; level < depth; level++) value = { [key]: [value] };
  return value;
}

const input = JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`) as unknown;
const part = v1.parsePart({ id: "prt_1", type: "tool", state: { input } });
JSON.stringify(part);
const message = v2.parseMessage({
  id: "msg_1",
  type: "assistant",
  content: [{ type: "tool", id: "call_1", state: { input } }],
});
JSON.stringify(message);
console.log("inputs of tools");

function specification(schema: unknown, schemas: Record<string, unknown> = {}): unknown {
  const content = { "application/json": { schema } };
  return {
    paths: { "/x": { post: { requestBody: { content }, responses: { 200: { content } } } } },
    components: { schemas },
  };
}

const self = { $ref: "#/components/schemas/Self" };
const union = Array.from({ length: 20_000 }, () => ({ items: { $ref: "#/components/schemas/U" } }));
parseSpecification(
  specification(self, { Self: { anyOf: Array.from({ length: 12 }, () => self) } }),
);
console.log("self-referencing schemas");
parseSpecification(specification(nested(20_000, "anyOf")));
console.log("nested schemas");
parseSpecification(specification({ anyOf: union }, { U: { anyOf: union } }));
console.log("unions of unions");
parseSpecification({ paths: { ["/" + "{".repeat(SIZE)]: { get: {} } } });
console.log("paths of braces");
console.log(`done ${String(Object.keys(WORKS).length * TEXTS.length)}`);
