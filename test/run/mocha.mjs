/**
 * Runs test files with mocha in plain Node, TypeScript as it is:
 *
 *     node test/run/mocha.mjs test/unit                      a folder: every *.test.ts in it
 *     node test/run/mocha.mjs test/unit/reducer.test.ts --grep totals
 *
 * `--per-test` prints a line for every test, `--by-group` for every group. `--result FILE` appends to a journal (Entry in suiteReporter.mjs) test by
 * test. Nothing is tried a second time: test.mjs runs a file that failed again, whole. A folder that is missing or holds
 * no test is an error. Exit code 1 when a test fails.
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
// mocha's own listener would swallow it; thrown, it fails the test that is running.
process.on("unhandledRejection", (reason) => {
  throw reason;
});
register();

// A line for every test where files are named, for each group in a folder, unless it is said which.
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
  // What failed is looked at before the next test changes it.
  rootHooks: { afterEach: evidenceTaken },
  ...(grep ? { grep } : {}),
});
for (const file of findTestFiles(positionals)) mocha.addFile(file);
await mocha.loadFilesAsync();
mocha.run((failures) => {
  console.log(`  ${countsLine(countOutcomes(outcomesOf(journal)))}`);
  // a test that leaves something open must not keep the run waiting
  void evidenceTaken()
    .then(endAll)
    .finally(() => process.exit(failures > 0 ? 1 : 0));
});
