import assert from "node:assert/strict";
import {
  RESCAN_DELAYS,
  WINDOWS_RESCAN_DELAYS,
  calmPlan,
  eagerPlan,
  isFullDue,
} from "../../../src/sources/rescanSchedule.ts";
import type { RescanDelays } from "../../../src/sources/rescanSchedule.ts";

/** Looks made in a stretch of time in which nothing changes. */
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

describe("the timetable of the search on this machine", () => {
  it("calms down to two cheap looks a minute and a full one every four", () => {
    assert.deepEqual(looksIn(3_600_000, RESCAN_DELAYS), { quick: 105, full: 17 });
  });

  it("starts PowerShell seldom", () => {
    assert.deepEqual(looksIn(3_600_000, WINDOWS_RESCAN_DELAYS), { quick: 114, full: 8 });
  });

  it("begins again after a change", () => {
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
