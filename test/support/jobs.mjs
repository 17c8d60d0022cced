/**
 * The jobs of `npm test`: each is a separate program whose test files run in their own environment. Files
 * that fail run again, whole and from scratch, at the end of the run.
 */
import path from "node:path";
import { EVIDENCE_VARIABLE } from "./evidence.mjs";
import { PATIENCE_VARIABLE } from "./patience.mjs";
import { inLanes, runStep, runTestFiles } from "./runSuite.mjs";
import { failedToRun } from "./suiteReporter.mjs";

/** @typedef {import("./suiteReporter.mjs").Outcome} Outcome */

/**
 * @typedef {object} Job
 * @property {string} suite the name of its row in the table
 * @property {string} name
 * @property {number} limitMs
 * @property {{ title: string, command: readonly string[] }[]} [steps] commands that count as one test each; or
 * @property {(files: readonly string[]) => readonly string[]} [command] a program that takes `--result FILE`, and
 * @property {readonly string[]} [files] its test files
 * @property {() => string | undefined} [skipReason]
 * @property {() => string | undefined} [problem] why it can't run, which counts as a failure
 */

/** @typedef {{ job: Job, outcomes: Outcome[], durationMs: number }} JobResult */

/** The maximum number of times a file may run. */
const ATTEMPTS = 3;

/**
 * Runs the jobs, several at once, then repeats failed files, one job at a time. Resolves with the results in
 * the order of the jobs.
 *
 * @param {readonly Job[]} jobs
 * @param {object} options
 * @param {number} options.lanes
 * @param {string} options.evidenceDir holds a folder for each attempt of a job, `NAME-ATTEMPT`
 * @param {(line: string) => void} [options.print]
 * @returns {Promise<JobResult[]>}
 */
export async function runJobs(jobs, { lanes, evidenceDir, print = console.log }) {
  const attempt = async (job, number, files) => {
    const startedAt = Date.now();
    const lines = [];
    const env = {
      [EVIDENCE_VARIABLE]: evidenceFolder(evidenceDir, job.name, number),
      [PATIENCE_VARIABLE]: String(2 ** (number - 1)),
    };
    const patient = { ...job, limitMs: job.limitMs * 2 ** (number - 1) };
    const outcomes = await outcomesOfJob(patient, files, env, (line) => lines.push(line));
    print(`\n${[job.name, ...lines].join("\n")}`);
    return { job, outcomes, durationMs: Date.now() - startedAt };
  };
  const results = await inLanes(lanes, jobs, (job) => attempt(job, 1, job.files));
  for (let number = 2; number <= ATTEMPTS; number++) {
    for (const result of results) {
      const files = filesToRepeat(result);
      if (files.length === 0) continue;
      print(`\n${result.job.name}: rerunning ${files.join(", ")}`);
      const again = await attempt(result.job, number, files);
      result.durationMs += again.durationMs;
      result.outcomes = afterRepeat(result.outcomes, again.outcomes);
    }
  }
  return results;
}

/** The folder for the evidence of one attempt of a job. */
export function evidenceFolder(evidenceDir, name, attempt) {
  return path.join(evidenceDir, `${name.replaceAll(/[^\w.-]+/g, "-")}-${attempt}`);
}

async function outcomesOfJob({ name, steps, command, limitMs, ...job }, files, env, print) {
  const reason = job.skipReason?.();
  if (reason) {
    print(`  - skipped, ${reason}`);
    return [{ file: "", title: name, state: "skipped", message: reason }];
  }
  const problem = job.problem?.();
  if (problem) {
    print(`  ✗ ${problem}`);
    return [failedToRun(name, problem)];
  }
  if (command) return runTestFiles(name, command(files), { limitMs, env, print });
  const outcomes = [];
  for (const step of steps) outcomes.push(await runStep(step.title, step.command, limitMs, print));
  return outcomes;
}

/** A job's failed files, or all if none could start. Empty for crashes and known problems. */
function filesToRepeat({ job, outcomes }) {
  const failed = outcomes.filter(({ state }) => state === "failed");
  if (!job.files || job.problem?.() || failed.some(({ isCrash }) => isCrash)) return [];
  if (failed.some(({ file }) => file === "")) return job.files;
  return [...new Set(failed.map(({ file }) => file))];
}

/**
 * Merges the outcomes of a file that ran again: the last run counts, and each test that only passes now is
 * marked flaky. A test that no longer exists has failed.
 *
 * @param {readonly Outcome[]} before
 * @param {readonly Outcome[]} again
 * @returns {Outcome[]}
 */
function afterRepeat(before, again) {
  const repeated = new Set(again.map(({ file }) => file));
  if (repeated.has("") || before.some(({ file }) => file === "")) {
    const [first] = before.filter(({ state }) => state === "failed");
    return again.map((outcome, index) =>
      index === 0 && outcome.state === "passed" ? { ...outcome, flaky: first?.message } : outcome,
    );
  }
  return before.map((earlier) => {
    if (!repeated.has(earlier.file)) return earlier;
    const now = again.find(({ file, title }) => file === earlier.file && title === earlier.title);
    if (!now) return failedToRun(earlier.title, "was missing when its file was rerun");
    const reason = earlier.state === "failed" ? earlier.message : earlier.flaky;
    return now.state === "passed" && reason !== undefined ? { ...now, flaky: reason } : now;
  });
}
