import assert from "node:assert/strict";
import { describe, it } from "mocha";
import Mocha from "mocha";
import {
  addResults,
  countsLine,
  createSuiteReporter,
  emptyResult,
  failedToRun,
  skipBecause,
} from "../../support/suiteReporter.mjs";
import type { SuiteResult } from "../../support/suiteReporter.mjs";

/** Runs a suite of its own with the reporter. */
async function report(fill: (suite: Mocha.Suite) => void, perTest = false) {
  const lines: string[] = [];
  let result: SuiteResult | undefined;
  const mocha = new Mocha({
    reporter: createSuiteReporter({
      write: (line) => lines.push(line),
      finish: (counts) => (result = counts),
      perTest,
    }),
  });
  fill(Mocha.Suite.create(mocha.suite, "group"));
  await new Promise((resolve) => mocha.run(resolve));
  assert.ok(result);
  return { lines, result };
}

describe("suite reporter", () => {
  it("counts what passed and what failed, with the reason", async () => {
    const { result, lines } = await report((suite) => {
      suite.addTest(new Mocha.Test("good", () => undefined));
      suite.addTest(
        new Mocha.Test("bad", () => {
          throw new Error("no such row");
        }),
      );
    });
    assert.deepEqual([result.passed, result.failed, result.skipped], [1, 1, 0]);
    assert.equal(result.failures[0]?.title, "group bad");
    assert.match(result.failures[0].message, /no such row/);
    assert.match(lines.join("\n"), /✗ group: 1 passed, 1 failed/);
  });

  it("counts a hook that throws", async () => {
    const { result } = await report((suite) => {
      suite.beforeAll(() => {
        throw new Error("no server");
      });
      suite.addTest(new Mocha.Test("never runs", () => undefined));
    });
    assert.deepEqual([result.passed, result.failed], [0, 1]);
  });

  it("lists a skipped test with its reason", async () => {
    const { result } = await report((suite) => {
      suite.addTest(
        new Mocha.Test("elsewhere", function (this: Mocha.Context) {
          skipBecause(this, "needs a cluster");
        }),
      );
    });
    assert.deepEqual([result.passed, result.failed, result.skipped], [0, 0, 1]);
    assert.deepEqual(result.skips, [{ title: "group elsewhere", reason: "needs a cluster" }]);
  });

  it("lists every test of a suite that a before hook skips", async () => {
    const { result } = await report((suite) => {
      suite.beforeAll(function (this: Mocha.Context) {
        skipBecause(this, "needs a display");
      });
      suite.addTest(new Mocha.Test("one", () => undefined));
      suite.addTest(new Mocha.Test("two", () => undefined));
    });
    assert.deepEqual([result.failed, result.skipped], [0, 2]);
  });

  it("takes a skip without a reason for a failure", async () => {
    const { result } = await report((suite) => {
      suite.addTest(
        new Mocha.Test("silent", function (this: Mocha.Context) {
          this.skip();
        }),
      );
      suite.addTest(new Mocha.Test("unwritten"));
    });
    assert.deepEqual([result.failed, result.skipped], [2, 0]);
  });

  it("names each test where asked to", async () => {
    const { lines } = await report((suite) => {
      suite.addTest(new Mocha.Test("good", () => undefined));
    }, true);
    assert.match(lines.join("\n"), /✓ good \(\d+ ms\)/);
  });
});

describe("suite counts", () => {
  it("add up", () => {
    const one = { ...emptyResult(), passed: 2, skipped: 1, skips: [{ title: "a", reason: "b" }] };
    const sum = addResults(one, failedToRun("the ui suite", "no browser"));
    assert.equal(countsLine(sum), "2 passed, 1 failed, 1 skipped");
    assert.deepEqual(sum.failures, [{ title: "the ui suite", message: "no browser" }]);
    assert.deepEqual(sum.skips, one.skips);
  });

  it("leave the skipped ones out when there are none", () => {
    assert.equal(countsLine({ ...emptyResult(), passed: 3 }), "3 passed, 0 failed");
  });
});
