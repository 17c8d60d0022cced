/**
 * Runs test files with mocha in plain Node, with TypeScript as is:
 *
 *     node test/run/mocha.mjs test/unit                      a folder: every *.test.ts in it
 *     node test/run/mocha.mjs test/unit/reducer.test.ts --grep totals
 *
 * `--per-test` prints a line for every test, `--by-group` for every group. `--result FILE` appends to a
 * journal (Entry in suiteReporter.mjs) test by test. Nothing is retried: test.mjs reruns a whole file that
 * failed. A folder that is missing or contains no test is an error. Exit code 1 if a test fails.
 */
import { appendFileSync } from "node:fs";
import { parseArgs } from "node:util";
import Mocha from "mocha";
import { register } from "tsx/esm/api";
import { endAll, endWithParent } from "../support/cleanup.mjs";
import { evidenceTaken, takeEvidence } from "../support/evidence.mjs";
import { testMs } from "../support/patience.mjs";
import { moveToRecentNode } from "../support/recentNode.mjs";
import {
  countOutcomes,
  countsLine,
  createSuiteReporter,
  outcomesOf,
} from "../support/suiteReporter.mjs";
import { findTestFiles } from "../support/testFiles.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    "by-group": { type: "boolean", default: false },
    grep: { type: "string" },
    "per-test": { type: "boolean" },
    result: { type: "string" },
  },
});
if (positionals.length === 0) throw new Error("Which tests? Give a folder or a test file.");

await moveToRecentNode();
endWithParent();
process.setSourceMapsEnabled(true);
// mocha's own listener would swallow it; when thrown, it fails the running test.
process.on("unhandledRejection", (reason) => {
  throw reason;
});
register();

// By default, one line per test if files are named, and per group for a folder.
const isByGroup = values["by-group"] || !positionals.some((name) => name.endsWith(".ts"));
const grep = values.grep ? new RegExp(values.grep) : undefined;
const journal = [];
const mocha = new Mocha({
  ui: "bdd",
  timeout: testMs,
  forbidOnly: values.result !== undefined,
  failHookAffectedTests: true,
  reporter: createSuiteReporter({
    write: (line) => console.log(line),
    record: (entry) => {
      journal.push(entry);
      if (values.result) appendFileSync(values.result, `${JSON.stringify(entry)}\n`);
    },
    onFailure: takeEvidence,
    grep,
    perTest: values["per-test"] ?? !isByGroup,
  }),
  // Collects a failure's evidence before the next test changes it.
  rootHooks: { afterEach: evidenceTaken },
  ...(grep ? { grep } : {}),
});
for (const file of findTestFiles(positionals)) mocha.addFile(file);
await mocha.loadFilesAsync();
mocha.run((failures) => {
  console.log(`  ${countsLine(countOutcomes(outcomesOf(journal)))}`);
  // A test that leaves something open must not keep the run waiting.
  void evidenceTaken()
    .then(endAll)
    .finally(() => process.exit(failures > 0 ? 1 : 0));
});
