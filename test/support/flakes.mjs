/**
 * The flake log: one line per `npm test` run on this machine, with what failed on the first attempt. `npm
 * run flakes` reads it.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { firstLine } from "./suiteReporter.mjs";

const stateHome = process.env["XDG_STATE_HOME"] || path.join(homedir(), ".local", "state");

/** Outside the checkout, which may be deleted after a run. */
export const bookOfFlakes = path.join(stateHome, "opencode-sessions", "flakes.jsonl");

/**
 * @typedef {{ at: string, jobs: string[], failures: { job: string, file: string, title: string, cause: string, isRed: boolean }[] }} Run
 */

/**
 * Appends a run.
 *
 * @param {readonly { name: string, outcomes: readonly import("./suiteReporter.mjs").Outcome[] }[]} jobs
 * @param {string} [book]
 */
export function noteRun(jobs, book = bookOfFlakes) {
  const failures = jobs.flatMap(({ name, outcomes }) =>
    outcomes
      .filter(({ state, flaky }) => state === "failed" || flaky !== undefined)
      .map(({ file, title, state, message, flaky }) => ({
        ...{ job: name, file, title, cause: firstLine(flaky ?? message) },
        isRed: state === "failed",
      })),
  );
  const run = { at: new Date().toISOString(), jobs: jobs.map(({ name }) => name), failures };
  mkdirSync(path.dirname(book), { recursive: true });
  appendFileSync(book, `${JSON.stringify(run)}\n`);
}

/**
 * How often each test that ever failed did so, worst first.
 *
 * @param {string} [book]
 * @returns {{ file: string, title: string, runs: number, failed: number, red: number, causes: string[] }[]}
 */
export function flakeRates(book = bookOfFlakes) {
  const text = existsSync(book) ? readFileSync(book, "utf8") : "";
  /** @type {Run[]} */
  const runs = text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const rates = new Map();
  for (const { job, file, title, cause, isRed } of runs.flatMap(({ failures }) => failures)) {
    const key = `${job}\n${title}`;
    const known = rates.get(key) ?? {
      ...{ file: file || job, title, failed: 0, red: 0, causes: [] },
      runs: runs.filter(({ jobs }) => jobs.includes(job)).length,
    };
    known.failed++;
    if (isRed) known.red++;
    if (!known.causes.includes(cause)) known.causes.push(cause);
    rates.set(key, known);
  }
  return [...rates.values()].sort((a, b) => b.failed / b.runs - a.failed / a.runs);
}
