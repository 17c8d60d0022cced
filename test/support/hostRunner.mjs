/**
 * The test run inside VS Code's extension host. host.mjs bundles it with the test files and tells it by
 * environment variables where the results go: the workbench's console is full of other voices. (VS Code hides
 * variables named VSCODE_* from the extension host.) Without the variables, under the debugger, it speaks to
 * the console.
 */
import { appendFileSync, writeFileSync } from "node:fs";
import { createSuiteReporter } from "./suiteReporter.mjs";

/** File that gets the reporter's lines as they come. */
export const LINES_VARIABLE = "OPENCODE_SESSIONS_TEST_LINES";
/** File that gets the counts as JSON at the end. */
export const RESULT_VARIABLE = "OPENCODE_SESSIONS_TEST_RESULT";
/** Pattern: only tests whose title matches. */
export const GREP_VARIABLE = "OPENCODE_SESSIONS_TEST_GREP";

/**
 * Runs the test files; rejects when a test fails, as VS Code wants it.
 *
 * @param {readonly { file: string, load: () => Promise<unknown> }[]} testFiles
 */
export async function runInHost(testFiles) {
  const mochaUrl = new URL("../../node_modules/mocha/index.js", import.meta.url).href;
  const { default: Mocha } = await import(mochaUrl);
  const {
    [LINES_VARIABLE]: linesFile,
    [RESULT_VARIABLE]: resultFile,
    [GREP_VARIABLE]: grep,
  } = process.env;
  const write = (line) => (linesFile ? appendFileSync(linesFile, `${line}\n`) : console.log(line));
  const mocha = new Mocha({
    ui: "bdd",
    timeout: 30_000,
    retries: 1,
    forbidOnly: true,
    reporter: createSuiteReporter({
      write,
      finish: (result) => {
        if (resultFile) writeFileSync(resultFile, JSON.stringify(result));
      },
      perTest: true,
    }),
    ...(grep ? { grep: new RegExp(grep) } : {}),
  });
  for (const { file, load } of testFiles) {
    mocha.suite.emit("pre-require", globalThis, file, mocha);
    try {
      await load();
    } catch (error) {
      write(`${file} could not be loaded: ${error?.stack ?? error}`);
      throw error;
    }
    mocha.suite.emit("post-require", globalThis, file, mocha);
  }
  const failures = await new Promise((resolve) => mocha.run(resolve));
  if (failures > 0) throw new Error(`${failures} failed`);
}
