import assert from "node:assert/strict";

import type { AttentionMemory } from "../../../src/core/state/attention.ts";
import { parseAttention, storedAttention } from "../../../src/core/state/attentionStored.ts";

describe("the stored attention memory", () => {
  const memory: AttentionMemory = {
    sinceMs: 1,
    finished: new Map([["a", { serverID: "http://127.0.0.1:4096", atMs: 5 }]]),
    dismissedMs: new Map([["b", 7]]),
  };

  it("survives a round trip through JSON", () => {
    const stored: unknown = JSON.parse(JSON.stringify(storedAttention(memory)));
    assert.deepEqual(parseAttention(stored), memory);
  });

  it("leaves out what it cannot parse, and is undefined if it can parse nothing", () => {
    for (const wrong of [
      undefined,
      null,
      "x",
      3,
      [],
      {},
      { sinceMs: "1" },
      { sinceMs: Number.NaN },
    ]) {
      assert.equal(parseAttention(wrong), undefined);
    }
    const partly = parseAttention({
      sinceMs: 1,
      finished: [["a"], 3, ["b", "s", 2]],
      dismissed: {},
    });
    assert.deepEqual([...(partly?.finished.keys() ?? [])], ["b"]);
    assert.equal(partly?.dismissedMs.size, 0);
  });
});
