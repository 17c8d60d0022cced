import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

import { Paced } from "../../../src/views/paced.ts";

describe("paced", () => {
  let runs: number[];
  let paced: Paced;

  beforeEach(() => {
    runs = [];
    paced = new Paced(60, () => runs.push(Date.now()));
  });

  afterEach(() => {
    paced.dispose();
  });

  it("runs at once, then never more often than its interval", async () => {
    const startMs = Date.now();
    paced.request();
    assert.equal(runs.length, 1);
    for (let count = 0; count < 5; count++) paced.request();
    assert.equal(runs.length, 1);
    while (runs.length < 2 && Date.now() - startMs < 5000) await sleep(5);
    assert.ok(runs[1]! - runs[0]! >= 59, `ran after ${runs[1]! - runs[0]!} ms`);
    await sleep(80);
    assert.equal(runs.length, 2, "requests of one interval are one run");
  });

  it("waits for a later time, unless something earlier is asked for", async () => {
    const startMs = Date.now();
    paced.request(startMs + 60_000);
    await sleep(5);
    assert.equal(runs.length, 0);
    paced.request();
    while (runs.length < 1 && Date.now() - startMs < 5000) await sleep(5);
    assert.equal(runs.length, 1);
  });

  it("does not run once disposed", async () => {
    paced.request(Date.now() + 20);
    paced.dispose();
    await sleep(40);
    assert.equal(runs.length, 0);
  });
});
