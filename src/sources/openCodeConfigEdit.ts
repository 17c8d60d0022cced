// The package's main entry is a UMD file whose inner requires bundlers cannot see.
import { applyEdits, modify, parse } from "jsonc-parser/lib/esm/main.js";
import type { ParseError } from "jsonc-parser/lib/esm/main.js";
import { FIELDS } from "./parseJSON.ts";

/**
 * A configuration text with one value set, or removed if it is undefined; comments and everything else are
 * preserved. Objects left empty are removed too. Undefined when the text isn't valid JSON with comments, so
 * that nothing is made worse.
 */
export function withConfigValue(
  text: string,
  path: readonly [string, ...string[]],
  value: unknown,
): string | undefined {
  const config = readConfig(text);
  if (config === undefined) return undefined;
  let at: readonly string[] = path;
  if (value === undefined) {
    if (valueAt(config, path) === undefined) return text;
    while (at.length > 1) {
      const above = valueAt(config, at.slice(0, -1));
      if (Object.keys(FIELDS.safeParse(above).data ?? {}).length !== 1) break;
      at = at.slice(0, -1);
    }
  }
  const begun = text.trim() === "" ? "{}" : text;
  const formattingOptions = {
    insertSpaces: !/^\t/m.test(text),
    tabSize: indentOf(text),
    eol: "\n",
  };
  const edited = applyEdits(begun, modify(begun, [...at], value, { formattingOptions }));
  return edited.endsWith("\n") ? edited : `${edited}\n`;
}

/** A value in a configuration text; undefined if it is missing, or the text isn't a configuration. */
export function configValue(text: string, path: readonly string[]): unknown {
  return valueAt(readConfig(text), path);
}

function readConfig(text: string): unknown {
  const errors: ParseError[] = [];
  const config: unknown = parse(text, errors, {
    allowTrailingComma: true,
    allowEmptyContent: true,
  });
  if (errors.length > 0) return undefined;
  if (config === undefined) return {};
  return FIELDS.safeParse(config).data;
}

function valueAt(config: unknown, path: readonly string[]): unknown {
  let at = config;
  for (const name of path) at = FIELDS.safeParse(at).data?.[name];
  return at;
}

/** The indentation of the first indented line, in spaces. */
function indentOf(text: string): number {
  return /^( +)\S/m.exec(text)?.[1]?.length ?? 2;
}
