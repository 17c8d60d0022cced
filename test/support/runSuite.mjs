/** Runs the programs behind `npm test`, each in a separate process group that ends with it. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { endGroup, endWithProgram, killGroup } from "./cleanup.mjs";
import { failedToRun, outcomesOf } from "./suiteReporter.mjs";

/** @typedef {import("./suiteReporter.mjs").Outcome} Outcome */

/** Suites stop their own servers and browsers when asked to exit, which takes a while. */
const GRACE_MS = 20_000;

/**
 * Processes items concurrently: each lane takes the next item as soon as it is free. Resolves with the
 * results, in the order of the items.
 *
 * @template Item, Outcome
 * @param {number} lanes
 * @param {readonly Item[]} items
 * @param {(item: Item) => Promise<Outcome>} work
 * @returns {Promise<Outcome[]>}
 */
export async function inLanes(lanes, items, work) {
  const outcomes = [];
  const waiting = items.entries();
  const lane = async () => {
    for (const [index, item] of waiting) outcomes[index] = await work(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return outcomes;
}

/**
 * Runs a command that counts as one test: it passes if it exits with 0. Its output is shown if it fails, or
 * if it is short enough to be a result.
 *
 * @param {string} title
 * @param {readonly string[]} command
 * @param {number} limitMs
 * @param {(line: string) => void} [print]
 * @returns {Promise<Outcome>}
 */
export async function runStep(title, command, limitMs, print = console.log) {
  const startedAt = Date.now();
  const { problem, output } = await run(command, limitMs);
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  const lines = output.trim().split("\n").filter(Boolean);
  if (!problem) {
    print(`  ✓ ${title} (${seconds} s)`);
    if (lines.length <= 10) for (const line of lines) print(`      ${line}`);
    return { file: "", title, state: "passed" };
  }
  print(`  ✗ ${title} (${seconds} s): ${problem}`);
  for (const line of lines) print(`      ${line}`);
  return failedToRun(title, [problem, ...lines.slice(-20)].join("\n"));
}

/**
 * Runs test files with a program that appends a journal to `--result FILE`. Prints its output at the end.
 *
 * @param {string} title
 * @param {readonly string[]} command
 * @param {object} options
 * @param {number} options.limitMs
 * @param {Readonly<Record<string, string>>} [options.env] added to the environment
 * @param {(line: string) => void} [options.print]
 * @returns {Promise<Outcome[]>}
 */
export async function runTestFiles(title, command, { limitMs, env, print = console.log }) {
  const dir = mkdtempSync(path.join(tmpdir(), "suite-"));
  const journal = path.join(dir, "journal");
  const remove = () => rmSync(dir, { recursive: true, force: true });
  const forget = endWithProgram({ stop: remove, kill: remove });
  try {
    const { problem, output } = await run([...command, "--result", journal], limitMs, env);
    print(output.trimEnd());
    const outcomes = outcomesOf(readJournal(journal), problem);
    if (problem) print(`  ${title}: ${problem}`);
    if (outcomes.length > 0) return outcomes;
    const message = problem ?? "no test ran";
    return [failedToRun(title, [message, ...output.trimEnd().split("\n").slice(-20)].join("\n"))];
  } finally {
    remove();
    forget();
  }
}

/**
 * @param {string} file
 * @returns {import("./suiteReporter.mjs").Entry[]} empty if there is no file
 */
export function readJournal(file) {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  // A killed program may have left half a line.
  return lines.slice(0, -1).map((line) => JSON.parse(line));
}

/** Resolves with the command's output and, if something went wrong, the problem; never rejects. */
async function run([program, ...args], limitMs, env = {}) {
  const child = spawn(program, args, {
    detached: true,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32" && program === "npm",
  });
  const end = async () => {
    if (child.pid !== undefined) await endGroup(child.pid, { graceMs: GRACE_MS });
  };
  const forget = endWithProgram({
    stop: end,
    kill: () => {
      if (child.pid !== undefined) killGroup(child.pid);
    },
  });
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  child.stderr.on("data", (chunk) => (output += chunk));
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    void end();
  }, limitMs);
  const problem = await new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => {
      if (isLate) resolve(`timed out after ${limitMs / 1000} s`);
      else if (code === 0) resolve(undefined);
      else resolve(signal ? `ended by ${signal}` : `ended with exit code ${code}`);
    });
  });
  clearTimeout(timer);
  await end(); // whatever it left behind in its group
  forget();
  return { problem, output };
}
