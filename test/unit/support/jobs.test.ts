import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "mocha";
import { flakeRates, noteRun } from "../../support/flakes.mjs";
import { runJobs } from "../../support/jobs.mjs";
import { patientMs } from "../../support/patience.mjs";
import { projectRoot, scratchDir } from "../../support/project.mjs";
import { countOutcomes } from "../../support/suiteReporter.mjs";
import { reportOf } from "../../support/testReport.mjs";

describe("the test runner", function () {
  let folder: string;
  let evidenceDir: string;

  before(() => {
    mkdirSync(scratchDir, { recursive: true });
    folder = mkdtempSync(path.join(scratchDir, "runner-"));
    evidenceDir = path.join(folder, "failures");
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs `text` as a test file in a job; `RUNS` in it is a file that gets one line per load. */
  async function run(name: string, text: string) {
    const file = path.join(folder, `${name}.test.ts`);
    const runs = path.join(folder, `${name}.runs`);
    const head = `import { appendFileSync, readFileSync } from "node:fs";
      appendFileSync(${JSON.stringify(runs)}, "run\\n");
      const run = readFileSync(${JSON.stringify(runs)}, "utf8").trim().split("\\n").length;\n`;
    writeFileSync(file, head + text);
    const job = {
      suite: "own",
      name: `own/${name}`,
      files: [path.relative(projectRoot, file)],
      command: (files: readonly string[]) => [
        ...[process.execPath, path.join(projectRoot, "test/run/mocha.mjs")],
        ...[...files, "--per-test"],
      ],
      limitMs: patientMs(30_000),
    };
    const results = await runJobs([job], { lanes: 1, evidenceDir, print: () => undefined });
    const [result] = results;
    assert.ok(result);
    return {
      outcomes: result.outcomes,
      counts: countOutcomes(result.outcomes),
      report: reportOf(results, { evidenceDir, durationMs: 0 }),
      results,
      runs: readFileSync(runs, "utf8").trim().split("\n").length,
    };
  }

  it("reruns a failed file completely, and lists it as flaky if it passes", async () => {
    const { counts, report, runs, results } = await run(
      "once",
      `it("is late", () => { if (run === 1) throw new Error("no row yet"); });
       it("is in time", () => undefined);`,
    );
    assert.deepEqual(counts, { passed: 2, failed: 0, skipped: 0 });
    assert.equal(runs, 2);
    assert.match(report.join("\n"), /^ {2}flaky .*once\.test\.ts › is late: Error: no row yet$/m);
    assert.equal(report.at(-1), "2 passed, 0 failed");
    const book = path.join(folder, "flakes.jsonl");
    noteRun(
      results.map(({ job, outcomes }) => ({ name: job.name, outcomes })),
      book,
    );
    assert.deepEqual(
      flakeRates(book).map(({ title, failed, red, runs }) => [title, failed, red, runs]),
      [["is late", 1, 0, 1]],
    );
  });

  it("reports a file that fails three times as red, with its evidence in the last lines", async () => {
    const { counts, report, runs } = await run(
      "always",
      `import { offerEvidence } from ${JSON.stringify(path.join(projectRoot, "test/support/evidence.mjs"))};
       it("fails", () => {
         offerEvidence("the server", () => "its log of run " + run);
         throw new Error("no such row");
       });`,
    );
    assert.deepEqual(counts, { passed: 0, failed: 1, skipped: 0 });
    assert.equal(runs, 3);
    const text = report.join("\n");
    const [evidence = "", table = ""] = text.split("flaky      time");
    assert.match(evidence, /✗ .*always\.test\.ts › fails: Error: no such row/);
    assert.match(evidence, /--- the server\n\s+its log of run 3\n\s*\n?.*passed/);
    assert.match(table, /0 passed, 1 failed$/);
    for (const attempt of [1, 2, 3]) {
      const file = path.join(evidenceDir, `own-always-${String(attempt)}`, "fails.txt");
      assert.ok(existsSync(file), file);
    }
  });

  it("keeps its last lines short enough to read, however many tests failed", () => {
    const outcomes = Array.from({ length: 300 }, (_, index) => ({
      ...{ file: "test/unit/a.test.ts", title: `test ${String(index)}`, state: "failed" as const },
      message: "no such row\n".repeat(30),
    }));
    const job = { suite: "own", name: "own/many", limitMs: 0 };
    const report = reportOf([{ job, outcomes, durationMs: 0 }], { evidenceDir, durationMs: 0 });
    assert.ok(report.length < 120, `${String(report.length)} lines`);
    assert.match(report.join("\n"), /… and 250 more/);
    assert.equal(report.at(-1), "0 passed, 300 failed");
  });

  it("keeps the total if a `before` is killed", async () => {
    const { counts, outcomes } = await run(
      "killed",
      `describe("a world", () => {
         before(() => process.kill(process.pid, "SIGKILL"));
         it("one", () => undefined);
         it("two", () => undefined);
       });
       it("three", () => undefined);`,
    );
    assert.deepEqual(counts, { passed: 1, failed: 2, skipped: 0 });
    assert.match(outcomes.at(-1)?.message ?? "", /^did not run: ended by SIGKILL/);
  });

  it("does not rerun a file that crashed", async () => {
    const { counts, runs } = await run(
      "crash",
      `it("breaks", async () => {
         void Promise.reject(new Error("nobody catches this"));
         await new Promise((resolve) => setTimeout(resolve, 1000));
       });`,
    );
    assert.deepEqual(counts, { passed: 0, failed: 1, skipped: 0 });
    assert.equal(runs, 1);
  });

  it("counts a file that cannot be loaded as a failure", async () => {
    const { counts, report } = await run("broken", `throw new Error("not to be loaded");`);
    assert.deepEqual(counts, { passed: 0, failed: 1, skipped: 0 });
    assert.match(report.join("\n"), /not to be loaded/);
  });
});
