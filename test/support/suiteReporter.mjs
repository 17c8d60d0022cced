/**
 * The mocha reporter of every suite: lines for a person and, at the end, counts for test.mjs. It runs in plain
 * Node and, bundled, inside VS Code, so it imports nothing.
 */

/**
 * @typedef {object} SuiteResult
 * @property {number} passed
 * @property {number} failed hooks that threw count as well, and so do skipped tests without a reason
 * @property {number} skipped
 * @property {{ title: string, message: string }[]} failures
 * @property {{ title: string, reason: string }[]} skips
 */

const NO_REASON = "no reason given";

/**
 * Skips the running test, or in a `before` hook its whole suite, and says why. A test that is skipped in any
 * other way counts as failed.
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
 * Makes a reporter class for mocha.
 *
 * @param {object} options
 * @param {(line: string) => void} options.write gets the lines for a person
 * @param {(result: SuiteResult) => void} [options.finish] gets the counts
 * @param {boolean} [options.perTest] a line for every test; otherwise one for each outermost `describe`
 * @returns {Mocha.ReporterConstructor}
 */
export function createSuiteReporter({ write, finish, perTest = false }) {
  return class SuiteReporter {
    constructor(runner) {
      /** @type {SuiteResult} */
      const result = emptyResult();
      let group = { passed: 0, failed: 0, skipped: 0, startedAt: 0 };

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
        result.passed++;
        group.passed++;
        if (perTest) write(`    ✓ ${withinGroup(test)} (${test.duration ?? 0} ms)`);
      });
      runner.on("retry", (test, error) => {
        write(`    ↻ ${test.title}: once more, after ${String(error?.message).split("\n")[0]}`);
      });
      runner.on("fail", (test, error) => {
        fail(test, describeError(error));
      });
      runner.on("pending", (test) => {
        const reason = skipReason(test);
        if (reason === undefined) {
          fail(test, `skipped, ${NO_REASON}`);
          return;
        }
        result.skipped++;
        group.skipped++;
        result.skips.push({ title: test.fullTitle(), reason });
        write(`    - ${test.fullTitle()}: skipped, ${reason}`);
      });
      runner.once("end", () => {
        for (const { title, message } of result.failures) {
          write(`\n  ✗ ${title}\n${indent(message)}`);
        }
        finish?.(result);
      });

      function fail(test, message) {
        result.failed++;
        group.failed++;
        result.failures.push({ title: test.fullTitle(), message });
        write(`    ✗ ${perTest ? withinGroup(test) : test.fullTitle()}`);
      }
    }
  };
}

/** @returns {SuiteResult} */
export function emptyResult() {
  return { passed: 0, failed: 0, skipped: 0, failures: [], skips: [] };
}

/**
 * @param {SuiteResult} one
 * @param {SuiteResult} other
 * @returns {SuiteResult}
 */
export function addResults(one, other) {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
    failures: [...one.failures, ...other.failures],
    skips: [...one.skips, ...other.skips],
  };
}

/**
 * A result for a suite that could not run at all: one failure.
 *
 * @returns {SuiteResult}
 */
export function failedToRun(title, message) {
  return { ...emptyResult(), failed: 1, failures: [{ title, message }] };
}

/** E.g. `12 passed, 0 failed`, and the skipped ones when there are any. */
export function countsLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
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

function describeError(error) {
  if (!(error instanceof Error) && typeof error?.message !== "string") return String(error);
  const stack = typeof error.stack === "string" ? error.stack : "";
  const text = stack.includes(error.message) ? stack : `${error.message}\n${stack}`;
  // what mocha and Node do above the test is of no interest
  return text
    .split("\n")
    .filter((line) => !/^\s+at .*(node:internal|node_modules\/mocha)/.test(line))
    .join("\n");
}

function indent(text) {
  return text.replace(/^/gm, "    ");
}
