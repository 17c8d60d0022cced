/**
 * The mocha reporter of every suite: lines to read, and a journal with the result of each test, written test by test so
 * that a killed run keeps its results. It runs in plain Node and, bundled, inside VS Code, so it imports nothing.
 */

/**
 * The result of one test.
 *
 * @typedef {object} Outcome
 * @property {string} file relative to the project, with slashes; empty if it isn't a test, such as a suite that did not start
 * @property {string} title the full title, with those of its suites
 * @property {"passed" | "failed" | "skipped"} state
 * @property {string} [message] why it failed or was skipped; the first line of a failure is the summary
 * @property {boolean} [isCrash] the product itself broke: an uncaught error, or an extension host that died
 * @property {string} [flaky] why it failed at first, for a test that passed only when its file was run again
 */

/**
 * A line of the journal: the plan of all tests, the result of one, a hook that threw, a crash, or the end.
 *
 * @typedef {{ kind: "plan", tests: { file: string, title: string }[] }
 *   | ({ kind: "test" } & Outcome)
 *   | { kind: "hook", file: string, title: string, message: string, isCrash: boolean }
 *   | { kind: "crash", message: string }
 *   | { kind: "end" }} Entry
 */

const NO_REASON = "no reason given";

/**
 * Skips the running test, or in a `before` hook its whole suite, with a reason. A test that is skipped in any other
 * way counts as failed.
 *
 * @param {Mocha.Context} context the `this` of the test or hook
 * @param {string} reason
 * @returns {never}
 */
export function skipBecause(context, reason) {
  const runnable = context.runnable();
  const isBeforeAll = runnable.type === "hook" && runnable.title.startsWith('"before all"');
  const skipped = isBeforeAll ? runnable.parent : (context.currentTest ?? runnable);
  skipped.skipReason = reason;
  context.skip();
  throw new Error("not reached: mocha leaves a skipped test by throwing");
}

/**
 * Makes a reporter class for mocha, to be used with `failHookAffectedTests` and without retries.
 *
 * @param {object} options
 * @param {(line: string) => void} options.write receives the lines to print
 * @param {(entry: Entry) => void} [options.record] receives the journal, entry by entry
 * @param {(failed: { title: string, message: string }) => void} [options.onFailure] called at once, before any further hooks
 * @param {RegExp} [options.grep] runs only tests whose title matches
 * @param {boolean} [options.perTest] a line for each test instead of one for each outermost `describe`
 * @returns {Mocha.ReporterConstructor}
 */
export function createSuiteReporter({ write, record, onFailure, grep, perTest = false }) {
  return class SuiteReporter {
    constructor(runner) {
      const failures = [];
      let group = { passed: 0, failed: 0, skipped: 0, startedAt: 0 };

      runner.once("start", () => {
        const tests = [];
        runner.suite.eachTest((test) => {
          if (!grep || grep.test(test.fullTitle())) tests.push(nameOf(test));
        });
        record?.({ kind: "plan", tests });
      });
      runner.on("suite", (suite) => {
        if (!suite.parent?.root) return;
        group = { passed: 0, failed: 0, skipped: 0, startedAt: Date.now() };
        if (perTest) write(`  ${suite.title}`);
      });
      runner.on("suite end", (suite) => {
        if (!suite.parent?.root || perTest) return;
        const { passed, failed, skipped, startedAt } = group;
        const parts = [`${passed} passed`];
        if (failed > 0) parts.push(`${failed} failed`);
        if (skipped > 0) parts.push(`${skipped} skipped`);
        const mark = failed > 0 ? "✗" : passed > 0 ? "✓" : "-";
        write(`  ${mark} ${suite.title}: ${parts.join(", ")} (${Date.now() - startedAt} ms)`);
      });
      runner.on("pass", (test) => {
        group.passed++;
        record?.({ kind: "test", ...nameOf(test), state: "passed" });
        if (perTest) write(`    ✓ ${withinGroup(test)} (${test.duration ?? 0} ms)`);
      });
      runner.on("fail", (runnable, error) => {
        if (runnable.type === "test") failed(runnable, describeError(error), isCrash(error));
        else hookFailed(runnable, describeError(error), isCrash(error));
      });
      runner.on("pending", (test) => {
        const reason = skipReason(test);
        if (reason === undefined) {
          failed(test, `skipped, ${NO_REASON}`, false);
          return;
        }
        group.skipped++;
        record?.({ kind: "test", ...nameOf(test), state: "skipped", message: reason });
        write(`    - ${test.fullTitle()}: skipped, ${reason}`);
      });
      runner.once("end", () => {
        record?.({ kind: "end" });
        for (const { title, message } of failures) write(`\n  ✗ ${title}\n${indent(message)}`);
      });

      function failed(test, message, isCrash) {
        group.failed++;
        failures.push({ title: test.fullTitle(), message });
        record?.({ kind: "test", ...nameOf(test), state: "failed", message, isCrash });
        write(`    ✗ ${perTest ? withinGroup(test) : test.fullTitle()}`);
        onFailure?.({ title: test.fullTitle(), message });
      }

      function hookFailed(hook, message, isCrash) {
        failures.push({ title: hook.fullTitle(), message });
        record?.({ kind: "hook", ...nameOf(hook), message, isCrash });
        write(`    ✗ ${hook.fullTitle()}`);
        onFailure?.({ title: hook.fullTitle(), message });
      }
    }
  };
}

/**
 * The result of each test, from the journal of a run. Each planned test counts exactly once: one that did not run has
 * failed, and if a hook threw although all tests passed, the last test of its file has failed. A crash that a hook found
 * is attributed to the file's first failure, if there is one.
 *
 * @param {readonly Entry[]} entries
 * @param {string} [problem] how the program ended, if it did not end normally
 * @returns {Outcome[]}
 */
export function outcomesOf(entries, problem) {
  const plan = entries.find(({ kind }) => kind === "plan")?.tests ?? [];
  const hooks = entries.filter(({ kind }) => kind === "hook");
  const crash = entries.find(({ kind }) => kind === "crash");
  const hasEnded = entries.some(({ kind }) => kind === "end");
  const told = new Map();
  for (const { kind, ...outcome } of entries) {
    if (kind !== "test") continue;
    const key = keyOf(outcome);
    if (told.get(key)?.state !== "failed") told.set(key, outcome);
  }
  const outcomes = plan.map((test) => {
    const hook = hooks.find(({ file }) => file === test.file || file === "");
    const why = hook ? `${hook.title}: ${hook.message}` : (problem ?? "the run ended before it");
    const message = `did not run: ${crash?.message ?? why}`;
    const isCrash = crash !== undefined || hook?.isCrash === true;
    return told.get(keyOf(test)) ?? { ...test, state: "failed", message, isCrash };
  });
  for (const { file, title, message, isCrash } of hooks) {
    const own = outcomes.filter((each) => each.file === file || file === "");
    const failed = own.find(({ state }) => state === "failed");
    if (failed && isCrash && !failed.isCrash) {
      Object.assign(failed, { message: `${failed.message}\n${title}: ${message}`, isCrash });
    }
    const last = own.at(-1);
    if (!last || failed) continue;
    Object.assign(last, { state: "failed", message: `${title}: ${message}`, isCrash });
  }
  const last = outcomes.at(-1);
  if (problem && last && hasEnded && outcomes.every(({ state }) => state !== "failed")) {
    const message = `all tests passed, yet the run did not end well: ${problem}`;
    Object.assign(last, { state: "failed", message });
  }
  return outcomes;
}

/**
 * The failure of something that could not run at all.
 *
 * @param {string} title
 * @param {string} message
 * @returns {Outcome}
 */
export function failedToRun(title, message) {
  return { file: "", title, state: "failed", message };
}

/**
 * @param {readonly Outcome[]} outcomes
 * @returns {{ passed: number, failed: number, skipped: number }}
 */
export function countOutcomes(outcomes) {
  const count = (wanted) => outcomes.filter(({ state }) => state === wanted).length;
  return { passed: count("passed"), failed: count("failed"), skipped: count("skipped") };
}

/** E.g. `12 passed, 0 failed`, and the skipped ones when there are any. */
export function countsLine({ passed, failed, skipped = 0 }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/** The first line of a failure, for a list. */
export function firstLine(message = "") {
  return message.split("\n")[0];
}

function keyOf({ file, title }) {
  return `${file}\n${title}`;
}

function nameOf(runnable) {
  const file = (runnable.file ?? runnable.parent?.file ?? "").replaceAll("\\", "/");
  return { file: file.replace(/^.*\/(?=test\/)/, ""), title: runnable.fullTitle() };
}

/** The title below the outermost `describe`. */
function withinGroup(test) {
  return test.titlePath().slice(1).join(" › ") || test.title;
}

function skipReason(test) {
  for (let at = test; at; at = at.parent) {
    if (at.skipReason) return at.skipReason;
  }
  return undefined;
}

/** Whether the error was uncaught, and neither a failed assertion in a callback nor a browser call left pending. */
function isCrash(error) {
  if (error?.uncaught !== true) return false;
  return error.code !== "ERR_ASSERTION" && !/playwright-core/.test(String(error.stack));
}

function describeError(error) {
  if (!(error instanceof Error) && typeof error?.message !== "string") return String(error);
  const stack = typeof error.stack === "string" ? error.stack : "";
  const text = stack.includes(error.message) ? stack : `${error.message}\n${stack}`;
  // Frames of mocha and Node above the test don't matter.
  return text
    .split("\n")
    .filter((line) => !/^\s+at .*(node:internal|node_modules\/mocha)/.test(line))
    .join("\n");
}

function indent(text) {
  return text.replace(/^/gm, "    ");
}
