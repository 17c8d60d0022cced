/**
 * Runs test files with mocha in plain Node, TypeScript as it is:
 *
 *     node test/run/mocha.mjs test/unit                      a folder: every *.test.ts in it
 *     node test/run/mocha.mjs test/unit/reducer.test.ts --grep totals
 *
 * `--retries N` runs a failing test up to N times more and says so: for suites that wait for real programs.
 * `--per-test` prints a line for every test, `--result FILE` writes the counts as JSON (SuiteResult in
 * suiteReporter.mjs). A folder that is missing or holds no test is an error. Exit code 1 when a test fails.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import Mocha from "mocha";
import { register } from "tsx/esm/api";
import { endAll, endWithParent } from "../support/cleanup.mjs";
import { moveToRecentNode } from "../support/recentNode.mjs";
import { countsLine, createSuiteReporter } from "../support/suiteReporter.mjs";
import { findTestFiles } from "../support/testFiles.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    grep: { type: "string" },
    "per-test": { type: "boolean" },
    result: { type: "string" },
    timeout: { type: "string", default: "10000" },
    retries: { type: "string", default: "0" },
  },
});
if (positionals.length === 0) throw new Error("Which tests? Give a folder or a test file.");

await moveToRecentNode();
endWithParent();
process.setSourceMapsEnabled(true);
register();

const mocha = new Mocha({
  ui: "bdd",
  timeout: Number(values.timeout),
  retries: Number(values.retries),
  forbidOnly: values.result !== undefined,
  reporter: createSuiteReporter({
    write: (line) => console.log(line),
    finish: (result) => {
      if (values.result) writeFileSync(values.result, JSON.stringify(result));
      console.log(`  ${countsLine(result)}`);
    },
    perTest: values["per-test"] ?? positionals.some((name) => name.endsWith(".ts")),
  }),
  ...(values.grep ? { grep: new RegExp(values.grep) } : {}),
});
for (const file of findTestFiles(positionals)) mocha.addFile(file);
await mocha.loadFilesAsync();
mocha.run((failures) => {
  // a test that leaves something open must not keep the run waiting
  void endAll().finally(() => process.exit(failures > 0 ? 1 : 0));
});
