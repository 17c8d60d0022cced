import assert from "node:assert/strict";
import { inSlices } from "../../../src/core/inSlices.ts";

describe("work in slices", () => {
  it("processes every item in order, and lets the event loop turn in between", async () => {
    const done: number[] = [];
    let turns = 0;
    const ticks = setInterval(() => turns++, 0);
    const items = Array.from({ length: 40 }, (_, index) => index);
    await inSlices(items, (item) => {
      const endMs = performance.now() + 1;
      while (performance.now() < endMs);
      done.push(item);
    });
    clearInterval(ticks);
    assert.deepEqual(done, items);
    assert.ok(turns >= 2, `the event loop turned ${String(turns)} times`);
  });

  it("stops at the first failure", async () => {
    const done: number[] = [];
    const failing = inSlices([1, 2, 3], (item) => {
      if (item === 2) throw new Error("not this one");
      done.push(item);
    });
    await assert.rejects(failing, /not this one/);
    assert.deepEqual(done, [1]);
  });
});
