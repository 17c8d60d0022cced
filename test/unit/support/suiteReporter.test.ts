import assert from "node:assert/strict";
import { describe, it } from "mocha";
import Mocha from "mocha";
import {
  countOutcomes,
  countsLine,
  createSuiteReporter,
  outcomesOf,
  skipBecause,
} from "../../support/suiteReporter.mjs";
import type { Entry } from "../../support/suiteReporter.mjs";

/** Runs a separate suite with the reporter. */
async function report(fill: (suite: Mocha.Suite) => void, perTest = false) {
  const lines: string[] = [];
  const journal: Entry[] = [];
  const mocha = new Mocha({
    failHookAffectedTests: true,
    reporter: createSuiteReporter({
      write: (line) => lines.push(line),
      record: (entry) => journal.push(entry),
      perTest,
    }),
  } as Mocha.MochaOptions);
  fill(Mocha.Suite.create(mocha.suite, "group"));
  await new Promise((resolve) => mocha.run(resolve));
  return { lines, journal, outcomes: outcomesOf(journal) };
}

const good = (title = "good"): Mocha.Test => new Mocha.Test(title, () => undefined);

function throwing(message: string): () => void {
  return () => {
    throw new Error(message);
  };
}

describe("the suite reporter", () => {
  it("counts passed and failed tests, with the reasons", async () => {
    const { outcomes, lines } = await report((suite) => {
      suite.addTest(good());
      suite.addTest(new Mocha.Test("bad", throwing("no such row")));
    });
    assert.deepEqual(countOutcomes(outcomes), { passed: 1, failed: 1, skipped: 0 });
    assert.equal(outcomes[1]?.title, "group bad");
    assert.match(outcomes[1].message ?? "", /no such row/);
    assert.match(lines.join("\n"), /✗ group: 1 passed, 1 failed/);
  });

  it("counts each test behind a `before` that throws as failed", async () => {
    const { outcomes } = await report((suite) => {
      suite.beforeAll(throwing("no server"));
      suite.addTest(good("never runs"));
      suite.addTest(good("nor this"));
    });
    assert.deepEqual(countOutcomes(outcomes), { passed: 0, failed: 2, skipped: 0 });
    assert.match(outcomes[1]?.message ?? "", /no server/);
  });

  it("counts each test behind an `afterEach` that throws as failed", async () => {
    const { outcomes } = await report((suite) => {
      suite.afterEach(throwing("not cleared"));
      suite.addTest(good("runs"));
      suite.addTest(good("does not run"));
    });
    assert.deepEqual(countOutcomes(outcomes), { passed: 1, failed: 1, skipped: 0 });
    assert.match(outcomes[1]?.message ?? "", /^did not run: .*not cleared/);
  });

  it("counts an `after` that throws as a failure of the last test", async () => {
    const { outcomes } = await report((suite) => {
      suite.afterAll(throwing("does not stop"));
      suite.addTest(good("one"));
      suite.addTest(good("two"));
    });
    assert.deepEqual(
      outcomes.map(({ state }) => state),
      ["passed", "failed"],
    );
    assert.match(outcomes[1]?.message ?? "", /does not stop/);
  });

  it("counts a failure as a crash when an `after` hook finds that the product crashed", async () => {
    const { outcomes } = await report((suite) => {
      suite.afterAll(() => {
        throw Object.assign(new Error("the extension host is gone"), { uncaught: true });
      });
      suite.addTest(new Mocha.Test("bad", throwing("no such row")));
      suite.addTest(good());
    });
    assert.deepEqual(
      outcomes.map(({ state, isCrash }) => ({ state, isCrash })),
      [
        { state: "failed", isCrash: true },
        { state: "passed", isCrash: undefined },
      ],
    );
    assert.match(outcomes[0]?.message ?? "", /no such row[^]*the extension host is gone/);
  });

  it("keeps the known results of a killed run, and counts the rest as failed", async () => {
    const { journal } = await report((suite) => {
      for (const title of ["one", "two", "three"]) suite.addTest(good(title));
    });
    const killed = journal.slice(0, 2);
    const outcomes = outcomesOf(killed, "timed out after 900 s");
    assert.deepEqual(countOutcomes(outcomes), { passed: 1, failed: 2, skipped: 0 });
    assert.equal(outcomes[2]?.message, "did not run: timed out after 900 s");
  });

  it("fails a run that passed but exited with an error", async () => {
    const { journal } = await report((suite) => suite.addTest(good()));
    const [outcome] = outcomesOf(journal, "ended by SIGSEGV");
    assert.match(outcome?.message ?? "", /all tests passed, yet .*SIGSEGV/);
  });

  it("lists a skipped test with its reason", async () => {
    const { outcomes } = await report((suite) => {
      suite.addTest(
        new Mocha.Test("elsewhere", function (this: Mocha.Context) {
          skipBecause(this, "needs a cluster");
        }),
      );
    });
    assert.deepEqual(outcomes, [
      { file: "", title: "group elsewhere", state: "skipped", message: "needs a cluster" },
    ]);
  });

  it("lists every test of a suite that a before hook skips", async () => {
    const { outcomes } = await report((suite) => {
      suite.beforeAll(function (this: Mocha.Context) {
        skipBecause(this, "needs a display");
      });
      suite.addTest(good("one"));
      suite.addTest(good("two"));
    });
    assert.deepEqual(countOutcomes(outcomes), { passed: 0, failed: 0, skipped: 2 });
  });

  it("counts a skip without a reason as a failure", async () => {
    const { outcomes } = await report((suite) => {
      suite.addTest(
        new Mocha.Test("silent", function (this: Mocha.Context) {
          this.skip();
        }),
      );
      suite.addTest(new Mocha.Test("unwritten"));
    });
    assert.deepEqual(countOutcomes(outcomes), { passed: 0, failed: 2, skipped: 0 });
  });

  it("names each test if requested", async () => {
    const { lines } = await report((suite) => suite.addTest(good()), true);
    assert.match(lines.join("\n"), /✓ good \(\d+ ms\)/);
  });
});

describe("suite counts", () => {
  it("omit skipped tests if there are none", () => {
    assert.equal(countsLine({ passed: 3, failed: 0, skipped: 0 }), "3 passed, 0 failed");
    assert.equal(countsLine({ passed: 2, failed: 1, skipped: 1 }), "2 passed, 1 failed, 1 skipped");
  });
});
