/**
 * Runs every suite, on a fresh clone too: `npm test [-- --only unit,host,ui/tree] [--lanes 1]`. Installs what
 * is missing, builds, runs the suites two at a time, even after failures, and ends with one line: `N passed,
 * N failed`. Above it are the failures with their evidence, and the skipped tests with their reasons.
 *
 * A step of `build`, `check` and `package` counts as one test. Each file of the suites `contract` and `ui`,
 * and each file of `chaos` that doesn't share the server, runs in its own process; failures are rerun at the
 * end. The figures are also in .scratch/test-report.json, and evidence of each failure is in
 * .scratch/failures.
 */
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { CHECKS } from "../support/checks.mjs";
import { endWithParent } from "../support/cleanup.mjs";
import { zoneAtTen } from "../support/clock.mjs";
import { noteRun } from "../support/flakes.mjs";
import { runJobs } from "../support/jobs.mjs";
import { isVscodeHostSupported } from "../support/prepareVscodeHost.mjs";
import { projectRoot, scratchDir } from "../support/project.mjs";
import { recentNode } from "../support/recentNode.mjs";
import { setup } from "../support/setup.mjs";
import { countOutcomes, failedToRun } from "../support/suiteReporter.mjs";
import { findTestFiles } from "../support/testFiles.mjs";
import { reportOf } from "../support/testReport.mjs";

const MINUTE = 60_000;
const node = process.execPath;
const evidenceDir = path.join(scratchDir, "failures");

endWithParent();
process.chdir(projectRoot);
const startedAt = Date.now();
process.env["TZ"] = zoneAtTen(startedAt);
const results = [];
rmSync(evidenceDir, { recursive: true, force: true });

const isBroken = () => results.some(({ outcomes }) => countOutcomes(outcomes).failed > 0);
const onBuild = { problem: () => (isBroken() ? "not run: the build is broken" : undefined) };

/** Run one after the other, before all others. */
const builds = [
  {
    suite: "build",
    name: "build",
    steps: [{ title: "bundles", command: [node, "esbuild.mjs", "--production"] }],
    limitMs: 10 * MINUTE,
  },
  {
    suite: "package",
    name: "package",
    steps: [
      { title: "vsix within its budget", command: [node, "test/run/package.mjs", "--no-build"] },
    ],
    limitMs: 10 * MINUTE,
    ...onBuild,
  },
];

/** In lanes, in this order: the longest first, with `ui` alternating with suites that wait for servers. */
const others = [
  {
    suite: "host",
    name: "host",
    files: relative(findTestFiles(["test/host"])),
    command: (files) => [node, "test/run/host.mjs", ...files],
    needs: ["opencode", "vscodeHost", "chromium"],
    limitMs: 15 * MINUTE,
    ...onBuild,
  },
  { suite: "check", name: "check", steps: CHECKS, limitMs: 10 * MINUTE },
  {
    suite: "unit",
    name: "unit",
    files: relative(findTestFiles(["test/unit"])),
    command: (files) => [recentNode, "test/run/mocha.mjs", ...files, "--by-group"],
    // Needed for its Node, which has SQLite.
    needs: ["vscodeHost"],
    limitMs: 10 * MINUTE,
  },
  // In two processes for two cores, each with a server that its files share.
  ...inHalves(findTestFiles(["test/chaos"]).filter(sharesServer)).map((files, index) => ({
    suite: "chaos",
    name: `chaos/${index + 1}`,
    files: relative(files),
    command: (files) => [recentNode, "test/run/mocha.mjs", ...files, "--per-test"],
    needs: ["opencode", "vscodeHost"],
    limitMs: 15 * MINUTE,
  })),
  ...oneJobAFile("chaos", { needs: ["opencode", "vscodeHost"] }, (file) => !sharesServer(file)),
  ...byTurns(
    oneJobAFile("ui", {
      needs: ["opencode", "vscodeHost", "chromium"],
      ...onBuild,
      skipReason: () =>
        isVscodeHostSupported()
          ? undefined
          : "the VS Code server is packaged for Linux on x64 only",
    }),
    oneJobAFile("contract", { needs: ["opencode", "vscodeHost"] }),
  ),
  {
    suite: "minimum",
    name: "minimum",
    files: ["test/host/activation.test.ts", "test/host/essentials.test.ts"],
    command: (files) => [node, "test/run/host.mjs", "--minimum", ...files],
    // It installs its VS Code itself, in parallel with the other suites.
    needs: ["opencode", "vscodeHost", "chromium"],
    limitMs: 10 * MINUTE,
    ...onBuild,
  },
];

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    // Two keep two cores busy. A third doesn't end the run any sooner, and slows down windows and servers.
    lanes: { type: "string", default: "2" },
  },
});
const chosen = chooseJobs(values.only);

if (prepare()) {
  const isChosen = (job) => chosen.includes(job);
  for (const job of builds.filter(isChosen)) results.push(...(await run([job])));
  results.push(...(await run(others.filter(isChosen))));
}
finish();

/** One job for each file of a suite that is meant, the largest first. */
function oneJobAFile(suite, more, isMeant = () => true) {
  return findTestFiles([`test/${suite}`])
    .filter(isMeant)
    .map((file) => ({ file, bytes: statSync(file).size }))
    .sort((a, b) => b.bytes - a.bytes)
    .map(({ file }) => ({
      suite,
      name: `${suite}/${path.basename(file, ".test.ts")}`,
      files: relative([file]),
      command: (files) => [recentNode, "test/run/mocha.mjs", ...files, "--per-test"],
      limitMs: 15 * MINUTE,
      ...more,
    }));
}

function inHalves(list) {
  const middle = Math.ceil(list.length / 2);
  return [list.slice(0, middle), list.slice(middle)];
}

function sharesServer(file) {
  return readFileSync(file, "utf8").includes("sharedServer(");
}

/** Alternates between the two lists, with the rest of the longer one at the end. */
function byTurns(one, other) {
  const length = Math.max(one.length, other.length);
  return Array.from({ length }, (_, index) => [one[index], other[index]])
    .flat()
    .filter(Boolean);
}

function relative(files) {
  return files.map((file) => path.relative(projectRoot, file).replaceAll("\\", "/"));
}

/** A whole suite, `--only ui`, or one file of it, `--only ui/tree`. */
function chooseJobs(only) {
  const jobs = [...builds, ...others];
  if (only === undefined) return jobs;
  const names = only.split(",");
  const isMeant = (wanted) => (job) => job.suite === wanted || job.name === wanted;
  const unknown = names.filter((name) => !jobs.some(isMeant(name)));
  if (unknown.length > 0) {
    const known = [...new Set(jobs.map(({ suite }) => suite))].join(", ");
    throw new Error(`No suite or file ${unknown.join(", ")}; the suites are ${known}.`);
  }
  return jobs.filter((job) => names.some((name) => isMeant(name)(job)));
}

/** Sets up what the chosen jobs need. A failure is reported on its own, and nothing else runs. */
function prepare() {
  try {
    setup([...new Set(chosen.flatMap(({ needs = [] }) => needs))]);
    return true;
  } catch (error) {
    console.error(error.message);
    const job = { suite: "setup", name: "setup", limitMs: 0 };
    const outcomes = [failedToRun("setup", error.message)];
    results.push({ job, outcomes, durationMs: Date.now() - startedAt });
    return false;
  }
}

function run(jobs) {
  return runJobs(jobs, { lanes: Number(values.lanes), evidenceDir });
}

function finish() {
  const durationMs = Date.now() - startedAt;
  mkdirSync(scratchDir, { recursive: true });
  const jobs = results.map(({ job, ...result }) => ({
    suite: job.suite,
    name: job.name,
    ...result,
  }));
  const report = JSON.stringify({ durationMs, jobs }, null, 2);
  writeFileSync(path.join(scratchDir, "test-report.json"), report);
  noteRun(jobs);
  for (const line of reportOf(results, { evidenceDir, durationMs })) console.log(line);
  const { passed, failed, skipped } = countOutcomes(results.flatMap(({ outcomes }) => outcomes));
  process.exitCode = failed > 0 || passed + skipped === 0 ? 1 : 0;
}
