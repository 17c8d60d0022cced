/**
 * Everything that has to hold, on a fresh clone as well: `npm test [-- --only unit,host]`. Installs what is missing,
 * runs one suite after the other, goes on after failures, and ends with one line: `N passed, N failed`. What was
 * skipped stands above it with its reason.
 *
 * A step of `build`, `check` and `package` counts as one test. A suite that cannot start, ends without counts, or
 * takes too long counts as one failed test. The figures are in .scratch/test-report.json as well.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { endWithParent } from "../support/cleanup.mjs";
import { isVscodeHostSupported } from "../support/prepareVscodeHost.mjs";
import { projectRoot, scratchDir } from "../support/project.mjs";
import { runStep, runSuite } from "../support/runSuite.mjs";
import { setup } from "../support/setup.mjs";
import { addResults, emptyResult, failedToRun } from "../support/suiteReporter.mjs";

const MINUTE = 60_000;
const node = process.execPath;
const npmRun = (script) => ["npm", "run", "--silent", script];
const mocha = (folder, ...more) => [node, "test/run/mocha.mjs", folder, ...more];

/**
 * The suites in their order. `steps` are commands that count as one test each; `command` is a program that takes
 * `--result FILE`. `needs` is what has to be set up for it.
 */
const suites = [
  {
    name: "build",
    steps: [
      { title: "bundles within their budgets", command: [node, "esbuild.mjs", "--production"] },
    ],
  },
  {
    name: "check",
    steps: [
      { title: "typecheck", command: npmRun("typecheck") },
      { title: "lint", command: npmRun("lint") },
      { title: "walls between the rooms", command: npmRun("lint:deps") },
      { title: "format", command: npmRun("format:check") },
    ],
  },
  {
    name: "unit",
    command: mocha("test/unit", "--retries", "1"),
    // For its Node 24, which has SQLite.
    needs: ["vscodeHost"],
    limitMs: 5 * MINUTE,
  },
  {
    name: "contract",
    command: mocha("test/contract", "--per-test", "--timeout", "60000", "--retries", "1"),
    needs: ["opencode", "vscodeHost"],
    limitMs: 20 * MINUTE,
  },
  {
    name: "host",
    command: [node, "test/run/host.mjs"],
    needs: ["opencode", "vscodeHost", "chromium"],
    isOnBuild: true,
    limitMs: 15 * MINUTE,
  },
  {
    name: "package",
    steps: [
      { title: "vsix within its budget", command: [node, "test/run/package.mjs", "--no-build"] },
    ],
    isOnBuild: true,
  },
  {
    name: "ui",
    command: mocha("test/ui", "--per-test", "--timeout", "60000", "--retries", "1"),
    needs: ["opencode", "vscodeHost", "chromium"],
    isOnBuild: true,
    limitMs: 20 * MINUTE,
    skipReason: () =>
      isVscodeHostSupported() ? undefined : "the VS Code server is packaged for Linux on x64 only",
  },
];

const { values } = parseArgs({ options: { only: { type: "string" } } });
const chosen = chooseSuites(values.only);
endWithParent();
process.chdir(projectRoot);
const startedAt = Date.now();
const reports = [];

if (prepare()) {
  let isBuildBroken = false;
  for (const suite of chosen) {
    console.log(`\n${suite.name}`);
    const suiteStartedAt = Date.now();
    const result = await resultOf(suite, isBuildBroken);
    if (suite.name === "build" && result.failed > 0) isBuildBroken = true;
    reports.push({ name: suite.name, durationMs: Date.now() - suiteStartedAt, ...result });
  }
}
finish();

function chooseSuites(only) {
  if (only === undefined) return suites;
  const names = only.split(",");
  const unknown = names.filter((name) => !suites.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    throw new Error(
      `No suite ${unknown.join(", ")}; there are ${suites.map(({ name }) => name).join(", ")}.`,
    );
  }
  return suites.filter(({ name }) => names.includes(name));
}

/** Sets up what the chosen suites need; a failure is a report of its own, and nothing else runs. */
function prepare() {
  const setupStartedAt = Date.now();
  try {
    setup([...new Set(chosen.flatMap(({ needs = [] }) => needs))]);
    return true;
  } catch (error) {
    console.error(error.message);
    const durationMs = Date.now() - setupStartedAt;
    reports.push({ name: "setup", durationMs, ...failedToRun("setup", error.message) });
    return false;
  }
}

async function resultOf({ name, steps, command, limitMs, isOnBuild, skipReason }, isBuildBroken) {
  const reason = skipReason?.();
  if (reason) {
    console.log(`  - skipped, ${reason}`);
    return { ...emptyResult(), skipped: 1, skips: [{ title: `the ${name} suite`, reason }] };
  }
  if (isOnBuild && isBuildBroken) {
    console.log("  ✗ not run: the build is broken");
    return failedToRun(`the ${name} suite`, "not run: the build is broken");
  }
  if (command) return runSuite(`the ${name} suite`, command, limitMs);
  let result = emptyResult();
  for (const { title, command: stepCommand } of steps) {
    result = addResults(result, await runStep(title, stepCommand, 10 * MINUTE));
  }
  return result;
}

function finish() {
  const total = reports.reduce(addResults, emptyResult());
  if (total.failures.length > 0) {
    console.log("\nFailed");
    for (const { name, failures } of reports) {
      for (const { title, message } of failures) {
        console.log(`  ${name}: ${title}: ${message.split("\n")[0]}`);
      }
    }
  }
  if (total.skips.length > 0) {
    console.log("\nSkipped");
    for (const { title, reason } of total.skips) console.log(`  ${title}: ${reason}`);
  }
  printTable();
  mkdirSync(scratchDir, { recursive: true });
  writeFileSync(
    path.join(scratchDir, "test-report.json"),
    JSON.stringify({ durationMs: Date.now() - startedAt, suites: reports }, null, 2),
  );
  const isEmpty = total.passed + total.failed + total.skipped === 0;
  console.log(`${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed > 0 || isEmpty ? 1 : 0;
}

function printTable() {
  const row = (name, ...figures) =>
    console.log(`  ${name.padEnd(10)}${figures.map((figure) => figure.padStart(10)).join("")}`);
  const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
  console.log("");
  row("", "passed", "failed", "skipped", "time");
  for (const { name, passed, failed, skipped, durationMs } of reports) {
    row(name, String(passed), String(failed), String(skipped), seconds(durationMs));
  }
  row("in all", "", "", "", seconds(Date.now() - startedAt));
  console.log("");
}
