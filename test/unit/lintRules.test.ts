import assert from "node:assert/strict";
import { ESLint, Linter } from "eslint";
import tseslint from "typescript-eslint";

/** Rules that need no types, which would take seconds to resolve. */
const OWN =
  /^(no-restricted-(syntax|globals|properties|imports)|project\/(monotonic-waits|own-words|plain-english))$/;

/** Ways round each rule, as someone might write them who does not know of it. */
const FORBIDDEN: Readonly<Record<string, readonly string[]>> = {
  "a text reaches VS Code only through platform/messages.ts": [
    'import * as vscode from "vscode"; void vscode.window.showErrorMessage("x");',
    'import { window } from "vscode"; void window.showErrorMessage("x");',
    'import { window as w } from "vscode"; void w.showErrorMessage("x");',
    'import vscode from "vscode"; void vscode.window.showErrorMessage("x");',
    'import * as code from "vscode"; void code.window.showErrorMessage("x");',
    'export { window } from "vscode";',
    'export * from "vscode";',
    'const code = await import("vscode"); void code.window.showErrorMessage("x");',
    'const code = require("vscode");',
    'import code = require("vscode");',
    'import * as vscode from "vscode"; const { window } = vscode;',
    'import * as vscode from "vscode"; const { showErrorMessage } = vscode.window;',
    'import * as vscode from "vscode"; const w = vscode.window;',
    'import * as vscode from "vscode"; const code = vscode;',
    'import * as vscode from "vscode"; show(vscode.window);',
    'import * as vscode from "vscode"; show({ window: vscode.window });',
    'import * as vscode from "vscode"; show({ vscode });',
    'import * as vscode from "vscode"; void vscode["window"].showErrorMessage("x");',
    'import * as vscode from "vscode"; void vscode.window["showErrorMessage"]("x");',
    'import * as vscode from "vscode"; const show = vscode.window.showErrorMessage;',
    'import * as vscode from "vscode"; const Markdown = vscode.MarkdownString;',
    'import * as vscode from "vscode"; const list = vscode.window.createQuickPick(); list.items = [item];',
    'import * as vscode from "vscode"; void vscode.window.withProgress({ location, title }, run);',
    'import * as vscode from "vscode"; void vscode.window.withProgress(options, run);',
    "text.isTrusted = true;",
    'const label = "$(warning) x";',
  ],
  "a request is sent only by server/http.ts": [
    "void fetch(url);",
    "const send = fetch;",
    "void globalThis.fetch(url);",
    'void globalThis["fetch"](url);',
    "const { fetch: send } = globalThis;",
    "const everything = globalThis;",
    "void self.fetch(url);",
    "void global.fetch(url);",
    "new XMLHttpRequest();",
    "new EventSource(url);",
  ],
  "a signal is held by someone": [
    "use(AbortSignal.timeout(5));",
    "use(AbortSignal.any(signals));",
    'use(AbortSignal["timeout"](5));',
    "const { timeout } = AbortSignal;",
    "const { any: anyOf } = AbortSignal;",
    "const Signals = AbortSignal;",
    "const timeout = AbortSignal.timeout;",
    "use(globalThis.AbortSignal.timeout(5));",
  ],
  "a wait is by a clock that nobody sets": [
    "if (Date.now() > endMs) stop();",
    "const tookMs = Date.now() - startedMs;",
    "const now = Date.now(); if (now - seenMs > 5) stop();",
    "const startedMs = Date.now(); wait(() => done(startedMs + 5));",
    "let now = Date.now(); while (now < endMs) step();",
    "const now = new Date().getTime(); if (now >= endMs) stop();",
    "const now = +new Date(); if (endMs <= now) stop();",
    "const tookMs = Number(new Date()) - startedMs;",
  ],
  "a file is written by one of two files": [
    'import { writeFile } from "node:fs/promises";',
    'import { writeFileSync as put } from "node:fs";',
    'import { createWriteStream } from "fs";',
    'import * as fs from "node:fs";',
    'import fs from "node:fs/promises";',
    'import { promises } from "node:fs";',
    'import * as vscode from "vscode"; void vscode.workspace.fs.writeFile(uri, content);',
    'import * as vscode from "vscode"; const { writeFile } = vscode.workspace.fs;',
    'import * as vscode from "vscode"; void vscode.workspace.fs["writeFile"](uri, content);',
  ],
  "a log has our own words": [
    "log.warn('a', `b: ${error.message}`);",
    "this.#log.info('a', answer.error.message);",
    "context.log.error('a', error instanceof Error ? error.message : 'none');",
    "this.options.log.error('a', error.stack ?? '');",
    "log.error('a', `b: ${message.message}`);",
    "const { message } = error; log.warn('a', message);",
    "const { message: reason } = outcome; log.warn('a', `b: ${reason}`);",
    "const reason = error instanceof Error ? error.message : 'none'; log.warn('a', 'b: ' + reason);",
    "function fail(message: string) { this.#log.warn('a', `b: ${message}`); }",
    "function fail({ message }: Outcome) { this.#log.warn('a', message ?? ''); }",
    "for (const { message } of problems) log.warn('a', message);",
    "this.#options.log.debug('a', `b: ${JSON.stringify(outcome)}`);",
  ],
  "what is private is private for JavaScript too": [
    "class A { private x = 1; }",
    "class A { private readonly x: number; }",
    "class A { private static x = 1; }",
    "class A { private x() {} }",
    "class A { private get x() { return 1; } }",
    "class A { protected x = 1; }",
    "class A { constructor(private readonly x: number) {} }",
  ],
  "servers differ by what they can do": [
    'if (server.generation === "OpenCode 2") offer();',
    'switch (generation) { case "v1": offer(); }',
    'type Generation = "v1" | "v2";',
    'const NEWEST = "OpenCode 2"; if (generation === NEWEST) offer();',
    'if ((a?.generation ?? "") > (b?.generation ?? "")) swap();',
  ],
};

/** What must stay possible. */
const ALLOWED = [
  "class A { readonly #x = 1; private constructor() { use(this.#x); } }",
  "if (a.generation === b.generation) share();",
  'show(t`${server.generation ?? t("This server")} does not support this.`);',
  'const isStatus = kind === "Status" && apiVersion === "v1";',
  'import * as vscode from "vscode"; const uri: vscode.Uri = vscode.Uri.file("/"); void uri;',
  'import type { Uri } from "vscode"; export type Place = Uri;',
  'import * as vscode from "vscode"; const state = { vscode: 1, focus: vscode.window.state.focused };',
  'import * as vscode from "vscode"; vscode.window.createTerminal({ name });',
  'import * as vscode from "vscode"; void vscode.window.withProgress({ location, title: plainText(title) }, run);',
  "function wait(signal: AbortSignal) { return new AbortController().signal === signal; }",
  "const endMs = performance.now() + 5; if (performance.now() > endMs) stop();",
  "const atMs = Date.now(); store({ atMs });",
  "log.warn('a', `b: ${loggable(error)}`);",
  "const { logged } = outcome; log.warn('a', `b: ${logged}`);",
  "const count = messages.length; log.info('a', `${count} messages`);",
  "access.fetch(url);",
  'import { readFile, rename } from "node:fs/promises"; void readFile(file).then(() => rename(file, other));',
  'import * as vscode from "vscode"; void vscode.workspace.fs.readFile(uri);',
];

describe("the lint rules of src", () => {
  const linter = new Linter({ configType: "flat" });
  let config: Linter.Config;

  before(async () => {
    const whole = (await new ESLint().calculateConfigForFile(
      "src/commands/anything.ts",
    )) as Linter.Config;
    const rules = Object.entries(whole.rules ?? {}).filter(([name]) => OWN.test(name));
    config = {
      files: ["**/*.ts"],
      languageOptions: { parser: tseslint.parser, sourceType: "module" },
      ...(whole.plugins === undefined ? {} : { plugins: whole.plugins }),
      rules: Object.fromEntries(rules),
    };
  });

  const problemsOf = (code: string): readonly string[] =>
    linter.verify(code, [config], "anything.ts").map(({ message }) => message);

  for (const [promise, ways] of Object.entries(FORBIDDEN)) {
    it(`hold, whichever way it is written: ${promise}`, () => {
      assert.deepEqual(
        ways.filter((code) => problemsOf(code).length === 0),
        [],
      );
      for (const code of ways) {
        assert.ok(!problemsOf(code).some((message) => message.startsWith("Parsing error")), code);
      }
    });
  }

  it("allow what is safe", () => {
    assert.deepEqual(
      ALLOWED.map((code) => [code, problemsOf(code)]).filter(
        ([, problems]) => problems!.length > 0,
      ),
      [],
    );
  });
});
