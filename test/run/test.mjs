/**
 * Everything that has to hold, on a fresh clone as well: `npm test [-- --only unit,host] [--lanes 1]`. Installs what is
 * missing, builds, runs the suites two at a time, also after failures, and ends with one line: `N passed, N failed`.
 * What was skipped is above it with its reason.
 *
 * A step of `build`, `check` and `package` counts as one test. A suite that cannot start, ends without counts, or
 * takes too long counts as one failed test. The figures are in .scratch/test-report.json as well.
 */
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { CHECKS } from "../support/checks.mjs";
import { endWithParent } from "../support/cleanup.mjs";
import { isVscodeHostSupported } from "../support/prepareVscodeHost.mjs";
import { projectRoot, scratchDir } from "../support/project.mjs";
import { recentNode } from "../support/recentNode.mjs";
import { inLanes, runStep, runSuite } from "../support/runSuite.mjs";
import { setup } from "../support/setup.mjs";
import { addResults, emptyResult, failedToRun } from "../support/suiteReporter.mjs";
import { findTestFiles } from "../support/testFiles.mjs";

const MINUTE = 60_000;
const node = process.execPath;
const mocha = (files, ...more) => [recentNode, "test/run/mocha.mjs", ...files, ...more];
const WITH_REAL_PROGRAMS = ["--per-test", "--timeout", "60000", "--retries", "1"];

/**
 * The suites. `isFirst`: one after the other, before all others, which run in lanes, the longest first. `steps` are
 * commands that count as one test each; `command` is a program that takes `--result FILE`. `needs` is what has to be
 * set up for it. Files that share nothing run in several parts, side by side.
 */
const suites = [
  {
    name: "build",
    isFirst: true,
    steps: [{ title: "bundles", command: [node, "esbuild.mjs", "--production"] }],
  },
  {
    name: "package",
    isFirst: true,
    steps: [
      { title: "vsix within its budget", command: [node, "test/run/package.mjs", "--no-build"] },
    ],
    isOnBuild: true,
  },
  // By turns: browsers take most of a core, and beside one there is room for what waits for servers.
  ...byTurns(uiSuites(3), contractSuites(2)),
  {
    name: "host",
    command: [node, "test/run/host.mjs"],
    needs: ["opencode", "vscodeHost", "chromium"],
    isOnBuild: true,
    limitMs: 20 * MINUTE,
  },
  {
    name: "check",
    steps: CHECKS,
  },
  ...inParts("test/chaos", 2).map((files, part) => ({
    name: `chaos ${part + 1}`,
    command: mocha(files, ...WITH_REAL_PROGRAMS),
    needs: ["opencode", "vscodeHost"],
    limitMs: 20 * MINUTE,
  })),
  {
    name: "unit",
    command: mocha(["test/unit"], "--retries", "1"),
    // For its Node, which has SQLite.
    needs: ["vscodeHost"],
    limitMs: 10 * MINUTE,
  },
  {
    name: "minimum",
    command: [
      ...[node, "test/run/host.mjs", "--minimum"],
      ...["test/host/activation.test.ts", "test/host/essentials.test.ts"],
    ],
    needs: ["opencode", "vscodeMinimum", "chromium"],
    isOnBuild: true,
    limitMs: 10 * MINUTE,
  },
];

function uiSuites(count) {
  return inParts("test/ui", count).map((files, part) => ({
    name: `ui ${part + 1}`,
    command: mocha(files, ...WITH_REAL_PROGRAMS),
    needs: ["opencode", "vscodeHost", "chromium"],
    isOnBuild: true,
    limitMs: 30 * MINUTE,
    skipReason: () =>
      isVscodeHostSupported() ? undefined : "the VS Code server is packaged for Linux on x64 only",
  }));
}

function contractSuites(count) {
  return inParts("test/contract", count).map((files, part) => ({
    name: `contract ${part + 1}`,
    command: mocha(files, ...WITH_REAL_PROGRAMS),
    needs: ["opencode", "vscodeHost"],
    limitMs: 30 * MINUTE,
  }));
}

/** One of each, then the next of each; the longer list's rest at the end. */
function byTurns(longer, shorter) {
  return longer.flatMap((each, index) => [each, ...shorter.slice(index, index + 1)]);
}

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    // Two keep two cores busy. A third ends the run no sooner, and makes windows and servers late.
    lanes: { type: "string", default: "2" },
  },
});
const chosen = chooseSuites(values.only);
endWithParent();
process.chdir(projectRoot);
const startedAt = Date.now();
const reports = [];

if (prepare()) {
  const builds = chosen.filter(({ isFirst }) => isFirst);
  for (const suite of builds) reports.push(await report(suite));
  const others = chosen.filter(({ isFirst }) => !isFirst);
  reports.push(...(await inLanes(Number(values.lanes), others, report)));
}
finish();

/** All of `--only ui`, or a part: `--only "ui 2"`. */
function chooseSuites(only) {
  if (only === undefined) return suites;
  const isMeant = (wanted, { name }) => name === wanted || name.split(" ")[0] === wanted;
  const names = only.split(",");
  const unknown = names.filter((name) => !suites.some((suite) => isMeant(name, suite)));
  if (unknown.length > 0) {
    throw new Error(
      `No suite ${unknown.join(", ")}; there are ${suites.map(({ name }) => name).join(", ")}.`,
    );
  }
  return suites.filter((suite) => names.some((name) => isMeant(name, suite)));
}

/**
 * A folder's test files in so many parts that take about as long: each file, the largest first, goes to the part that
 * has least.
 *
 * @param {string} folder
 * @param {number} count
 * @returns {string[][]}
 */
function inParts(folder, count) {
  const parts = Array.from({ length: count }, () => ({ bytes: 0, files: [] }));
  const sized = findTestFiles([folder]).map((file) => ({ file, bytes: statSync(file).size }));
  for (const { file, bytes } of sized.sort((a, b) => b.bytes - a.bytes)) {
    const least = parts.reduce((a, b) => (b.bytes < a.bytes ? b : a));
    least.files.push(file);
    least.bytes += bytes;
  }
  return parts.map(({ files }) => files.sort());
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

/** Runs a suite and prints all of it in one piece, with none of another in between. */
async function report(suite) {
  const suiteStartedAt = Date.now();
  const lines = [];
  const result = await resultOf(suite, (line) => lines.push(line));
  console.log(`\n${[suite.name, ...lines].join("\n")}`);
  return { name: suite.name, durationMs: Date.now() - suiteStartedAt, ...result };
}

async function resultOf({ name, steps, command, limitMs, isOnBuild, skipReason }, print) {
  const reason = skipReason?.();
  if (reason) {
    print(`  - skipped, ${reason}`);
    return { ...emptyResult(), skipped: 1, skips: [{ title: `the ${name} suite`, reason }] };
  }
  if (isOnBuild && reports.some((each) => each.name === "build" && each.failed > 0)) {
    print("  ✗ not run: the build is broken");
    return failedToRun(`the ${name} suite`, "not run: the build is broken");
  }
  if (command) return runSuite(`the ${name} suite`, command, limitMs, print);
  let result = emptyResult();
  for (const { title, command: stepCommand } of steps) {
    result = addResults(result, await runStep(title, stepCommand, 10 * MINUTE, print));
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
    console.log(`  ${name.padEnd(12)}${figures.map((figure) => figure.padStart(10)).join("")}`);
  const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
  console.log("");
  row("", "passed", "failed", "skipped", "time");
  for (const { name, passed, failed, skipped, durationMs } of reports) {
    row(name, String(passed), String(failed), String(skipped), seconds(durationMs));
  }
  row("in all", "", "", "", seconds(Date.now() - startedAt));
  console.log("");
}
