/**
 * Runs the programs behind `npm test`, each in a process group of its own that is ended with it.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { endGroup, endWithProgram, killGroup } from "./cleanup.mjs";
import { emptyResult, failedToRun } from "./suiteReporter.mjs";

/** Suites end their own servers and browsers when asked; that takes a while. */
const GRACE_MS = 20_000;

/**
 * Does something with each item, several at once: a lane takes the next item as soon as it is free. Resolves with
 * what came of them, in the order of the items.
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
 * Runs a command that counts as one test: it passes when it ends with 0. Its output is shown when it fails, or when
 * it is short enough to be a result.
 *
 * @param {string} title
 * @param {readonly string[]} command
 * @param {number} limitMs
 * @param {(line: string) => void} [print]
 * @returns {Promise<import("./suiteReporter.mjs").SuiteResult>}
 */
export async function runStep(title, command, limitMs, print = console.log) {
  const startedAt = Date.now();
  const { problem, output } = await run(command, limitMs);
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  const lines = output.trim().split("\n").filter(Boolean);
  if (!problem) {
    print(`  ✓ ${title} (${seconds} s)`);
    if (lines.length <= 10) for (const line of lines) print(`      ${line}`);
    return { ...emptyResult(), passed: 1 };
  }
  print(`  ✗ ${title} (${seconds} s): ${problem}`);
  for (const line of lines) print(`      ${line}`);
  return failedToRun(title, problem);
}

/**
 * Runs a suite, a program that takes `--result FILE` and writes its counts there. Its output is printed at its end.
 *
 * @param {string} title
 * @param {readonly string[]} command
 * @param {number} limitMs
 * @param {(line: string) => void} [print]
 * @returns {Promise<import("./suiteReporter.mjs").SuiteResult>}
 */
export async function runSuite(title, command, limitMs, print = console.log) {
  const dir = mkdtempSync(path.join(tmpdir(), "suite-"));
  const resultFile = path.join(dir, "result.json");
  const remove = () => rmSync(dir, { recursive: true, force: true });
  const forget = endWithProgram({ stop: remove, kill: remove });
  try {
    const { problem, output } = await run([...command, "--result", resultFile], limitMs);
    print(output.trimEnd());
    if (!existsSync(resultFile)) {
      const message = problem ?? "ended without counts";
      print(`  ✗ ${title}: ${message}`);
      return failedToRun(title, message);
    }
    const result = JSON.parse(readFileSync(resultFile, "utf8"));
    if (result.passed + result.failed + result.skipped === 0) {
      print(`  ✗ ${title}: no test ran`);
      return failedToRun(title, "no test ran");
    }
    if (!problem || result.failed > 0) return result;
    print(`  ✗ ${title}: all tests passed, yet it did not end well: ${problem}`);
    return { ...result, failed: 1, failures: [{ title, message: problem }] };
  } finally {
    remove();
    forget();
  }
}

/** Resolves with what the command printed, and what went wrong, if something did; never rejects. */
async function run([program, ...args], limitMs) {
  const child = spawn(program, args, {
    detached: true,
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
      if (isLate) resolve(`not done within ${limitMs / 1000} s`);
      else if (code === 0) resolve(undefined);
      else resolve(signal ? `ended by ${signal}` : `ended with exit code ${code}`);
    });
  });
  clearTimeout(timer);
  await end(); // what it left behind in its group
  forget();
  return { problem, output };
}
