import assert from "node:assert/strict";

import { coalesced } from "../../../src/core/coalesced.ts";

describe("a coalesced task", () => {
  it("never runs beside itself, and shares one further run among all calls during a run", async () => {
    const ends: (() => void)[] = [];
    const runs = (): number => ends.length;
    let running = 0;
    const ask = coalesced(async () => {
      running++;
      assert.equal(running, 1);
      const run = ends.length;
      await new Promise<void>((end) => ends.push(end));
      running--;
      return run;
    });
    const first = ask();
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
    const during = [ask(), ask(), ask()];
    assert.equal(runs(), 1);
    ends[0]?.();
    assert.equal(await first, 0);
    while (runs() < 2) await Promise.resolve();
    ends[1]?.();
    assert.deepEqual(await Promise.all(during), [1, 1, 1]);
    assert.equal(runs(), 2);
  });

  it("runs again after a failure", async () => {
    let runs = 0;
    const ask = coalesced(() =>
      runs++ === 0 ? Promise.reject(new Error("offline")) : Promise.resolve(runs),
    );
    await assert.rejects(ask(), /offline/);
    assert.equal(await ask(), 2);
  });
});
