import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import ts from "typescript";

import { projectRoot } from "./project.mjs";

/** Folders whose sources may contain messages. */
const FOLDERS = ["src", "webview"];
/** Where `t` and `plural` are defined; the only file that may pass on a non-literal message. */
const LANGUAGE_FILE = "src/core/language.ts";

/** What the sources say to the user. */
export interface Extracted {
  /** English texts, sorted. */
  readonly messages: readonly string[];
  /** Calls whose message can't be read from the source, with their locations. */
  readonly problems: readonly string[];
}

/**
 * Collects the messages of all sources: the literals in calls of `t`, `plural` and `vscode.l10n.t`. A
 * template's values become placeholders.
 */
export function extractMessages(): Extracted {
  const messages = new Set<string>();
  const problems: string[] = [];
  for (const file of FOLDERS.flatMap(sourcesIn)) {
    if (file === LANGUAGE_FILE) continue;
    const source = ts.createSourceFile(
      file,
      readFileSync(path.join(projectRoot, file), "utf8"),
      ts.ScriptTarget.Latest,
      true,
    );
    const take = (node: ts.Node | undefined): void => {
      const text = node === undefined ? undefined : literalText(node);
      if (text !== undefined) messages.add(text);
      else {
        const { line } = source.getLineAndCharacterOfPosition((node ?? source).getStart());
        problems.push(`${file}:${String(line + 1)}: not a literal`);
      }
    };
    const isImported = importsLanguage(source);
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node)) {
        const callee = node.expression.getText();
        if ((callee === "t" && isImported) || callee.endsWith("l10n.t")) take(node.arguments[0]);
        if (callee === "plural" && isImported) node.arguments.slice(1, 3).forEach(take);
      }
      if (ts.isTaggedTemplateExpression(node) && node.tag.getText() === "t") take(node.template);
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return { messages: [...messages].sort(), problems };
}

/** The file that VS Code's tools and translators start from. */
export function bundleText(messages: readonly string[]): string {
  return `${JSON.stringify(Object.fromEntries(messages.map((message) => [message, message])), null, 2)}\n`;
}

/** What translations keep: the name OpenCode, placeholders, icons, link targets, keys, settings, code, URLs. */
const KEPT =
  /OpenCode|\{\w+\}|\$\([\w~-]+\)|\]\([^)]*\)|<keybinding:[^>]*>|`[^`]*`|https?:[\w:/-]+(?:\.[\w:/-]+)*|%\w+%/g;

/** What every translation of a text must contain, sorted. */
export function kept(text: string): readonly string[] {
  return (text.match(KEPT) ?? []).sort();
}

const PLAIN = "abcdefghijklmnopqrstuvwxyz";
const ACCENTED = "àƀçðéƒĝĥîĵķļɱñöþǫŕšţûṽŵẋýž";

/** A message in the pseudo-locale: accented except for its kept parts, and bracketed: `[Šéššîöñ]`. */
export function pseudoTranslated(message: string): string {
  let text = "";
  let end = 0;
  const accented = (plain: string): string =>
    plain.replace(/[a-z]/gi, (letter) => {
      const other = ACCENTED.charAt(PLAIN.indexOf(letter.toLowerCase()));
      return letter === letter.toLowerCase() ? other : other.toUpperCase();
    });
  for (const { 0: kept, index } of message.matchAll(KEPT)) {
    text += accented(message.slice(end, index)) + kept;
    end = index + kept.length;
  }
  return `[${text}${accented(message.slice(end))}]`;
}

function sourcesIn(folder: string): string[] {
  return readdirSync(path.join(projectRoot, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
    .sort();
}

function importsLanguage(source: ts.SourceFile): boolean {
  return source.statements.some(
    (each) =>
      ts.isImportDeclaration(each) &&
      ts.isStringLiteral(each.moduleSpecifier) &&
      each.moduleSpecifier.text.endsWith("/language.ts"),
  );
}

function literalText(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  const rest = node.templateSpans.map(({ literal }, index) => `{${String(index)}}${literal.text}`);
  return node.head.text + rest.join("");
}
