import assert from "node:assert/strict";
import {
  RESCAN_DELAYS,
  WINDOWS_RESCAN_DELAYS,
  calmPlan,
  eagerPlan,
  isFullDue,
} from "../../../src/sources/rescanSchedule.ts";
import type { RescanDelays } from "../../../src/sources/rescanSchedule.ts";

/** Scans made during a period in which nothing changes. */
function looksIn(durationMs: number, delays: RescanDelays): { quick: number; full: number } {
  let plan = eagerPlan(delays, 0);
  const looks = { quick: 0, full: 0 };
  for (let nowMs = plan.quickDelayMs; nowMs <= durationMs; nowMs += plan.quickDelayMs) {
    const isFull = isFullDue(plan, nowMs);
    looks[isFull ? "full" : "quick"]++;
    plan = calmPlan(plan, delays, { isFull, nowMs });
  }
  return looks;
}

describe("the rescan schedule for this machine", () => {
  it("slows down to two cheap scans a minute and a full one every four minutes", () => {
    assert.deepEqual(looksIn(3_600_000, RESCAN_DELAYS), { quick: 105, full: 17 });
  });

  it("starts PowerShell rarely", () => {
    assert.deepEqual(looksIn(3_600_000, WINDOWS_RESCAN_DELAYS), { quick: 114, full: 8 });
  });

  it("starts over after a change", () => {
    let plan = eagerPlan(RESCAN_DELAYS, 0);
    for (let look = 0; look < 10; look++) {
      plan = calmPlan(plan, RESCAN_DELAYS, { isFull: true, nowMs: look });
    }
    assert.equal(plan.quickDelayMs, RESCAN_DELAYS.maxQuickMs);
    assert.equal(plan.fullDelayMs, RESCAN_DELAYS.maxFullMs);
    plan = eagerPlan(RESCAN_DELAYS, 10);
    assert.equal(plan.quickDelayMs, RESCAN_DELAYS.quickMs);
    assert.equal(isFullDue(plan, 10 + RESCAN_DELAYS.fullMs), true);
    assert.equal(isFullDue(plan, 9 + RESCAN_DELAYS.fullMs), false);
  });
});
