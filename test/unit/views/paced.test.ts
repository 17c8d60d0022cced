import assert from "node:assert/strict";

import { Paced } from "../../../src/views/paced.ts";
import { quiet } from "../../support/patience.mjs";
import { shiftClock } from "../../support/shiftClock.ts";
import { until } from "../../support/until.ts";

describe("paced", () => {
  let runs: number[];
  let paced: Paced;
  let intervalMs: number;

  beforeEach(() => {
    runs = [];
    intervalMs = 60;
    paced = new Paced(
      () => intervalMs,
      () => runs.push(performance.now()),
    );
  });

  afterEach(() => {
    paced.dispose();
  });

  async function untilRuns(count: number): Promise<void> {
    await until(`run ${String(count)}`, () => runs.length >= count);
    assert.equal(runs.length, count);
  }

  it("runs at once, then at most once per interval", async () => {
    intervalMs = 60_000;
    const startMs = performance.now();
    paced.request();
    assert.equal(runs.length, 1);
    for (let count = 0; count < 5; count++) paced.request();
    assert.equal(runs.length, 1);
    intervalMs = 60;
    paced.request();
    await untilRuns(2);
    // Timers have millisecond resolution.
    assert.ok(runs[1]! - startMs >= 58, `ran after ${runs[1]! - startMs} ms`);
    await quiet(80);
    assert.equal(runs.length, 2, "requests of one interval are one run");
  });

  it("waits for a later time, unless an earlier run is requested", async () => {
    paced.request(60_000);
    await quiet(5);
    assert.equal(runs.length, 0);
    paced.request();
    await untilRuns(1);
    assert.equal(runs.length, 1);
  });

  it("keeps running when the clock is set back or ahead by an hour", async () => {
    for (const hours of [-1, 1]) {
      const before = runs.length;
      paced.request();
      await untilRuns(before + 1);
      shiftClock(hours * 3_600_000);
      try {
        paced.request();
        await untilRuns(before + 2);
      } finally {
        shiftClock(0);
      }
      await quiet(80);
    }
  });

  it("does not delay the next run after one that did nothing", () => {
    let isIdle = true;
    const answering = new Paced(60_000, () => {
      runs.push(performance.now());
      return !isIdle;
    });
    answering.request();
    isIdle = false;
    answering.request();
    assert.equal(runs.length, 2);
    answering.request();
    assert.equal(runs.length, 2);
    answering.dispose();
  });

  it("does not run after dispose", async () => {
    paced.request(20);
    paced.dispose();
    await quiet(40);
    assert.equal(runs.length, 0);
  });
});
