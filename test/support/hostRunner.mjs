/**
 * The test run inside VS Code's extension host. host.mjs bundles it with the test files and passes the
 * result paths in environment variables, because the workbench's console is full of other output. (VS Code
 * hides VSCODE_* variables from the extension host.) Without the variables, as under the debugger, it writes
 * to the console.
 */
import { appendFileSync } from "node:fs";
import { evidenceTaken, takeEvidence } from "./evidence.mjs";
import { testMs } from "./patience.mjs";
import { createSuiteReporter } from "./suiteReporter.mjs";

/** File that receives the reporter's lines as they are printed. */
export const LINES_VARIABLE = "OPENCODE_SESSIONS_TEST_LINES";
/** File that receives the journal (Entry in suiteReporter.mjs), test by test. */
export const RESULT_VARIABLE = "OPENCODE_SESSIONS_TEST_RESULT";
/** Pattern: runs only tests whose title matches. */
export const GREP_VARIABLE = "OPENCODE_SESSIONS_TEST_GREP";

/**
 * Runs the test files. Rejects if a test fails, as VS Code expects.
 *
 * @param {readonly { file: string, load: () => Promise<unknown> }[]} testFiles
 * @param {{ beforeEach: () => void, afterEach: () => Promise<void> }} hooks around every test
 */
export async function runInHost(testFiles, hooks) {
  const mochaUrl = new URL("../../node_modules/mocha/index.js", import.meta.url).href;
  const { default: Mocha } = await import(mochaUrl);
  const {
    [LINES_VARIABLE]: linesFile,
    [RESULT_VARIABLE]: resultFile,
    [GREP_VARIABLE]: pattern,
  } = process.env;
  const write = (line) => (linesFile ? appendFileSync(linesFile, `${line}\n`) : console.log(line));
  const grep = pattern ? new RegExp(pattern) : undefined;
  const mocha = new Mocha({
    ui: "bdd",
    timeout: testMs,
    forbidOnly: true,
    failHookAffectedTests: true,
    reporter: createSuiteReporter({
      write,
      record: (entry) => {
        if (resultFile) appendFileSync(resultFile, `${JSON.stringify(entry)}\n`);
      },
      onFailure: takeEvidence,
      grep,
      perTest: true,
    }),
    rootHooks: {
      beforeEach: hooks.beforeEach,
      // Capture evidence of the failure before anything is reset.
      afterEach: [evidenceTaken, hooks.afterEach],
    },
    ...(grep ? { grep } : {}),
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
  await evidenceTaken();
  if (failures > 0) throw new Error(`${failures} failed`);
}
