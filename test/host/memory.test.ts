import assert from "node:assert/strict";

import { Remembered } from "../../src/platform/memory.ts";
import { testingHandle } from "../support/vscode/hostWorld.ts";

describe("Values remembered for all windows", () => {
  // When a write comes back from the window, VS Code replaces all values by those of the moment it was sent.
  it("survive an earlier write that comes back after them", async () => {
    const { memento } = await testingHandle();
    const remembered = new Remembered(memento, "test", (value) => Number(value));
    const lost: string[] = [];
    for (let round = 1; round <= 40; round++) {
      remembered.set(-round);
      await new Promise((resolve) => setTimeout(resolve, round / 4));
      remembered.set(round);
      const endMs = performance.now() + 50;
      while (performance.now() < endMs && remembered.get() === round) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (remembered.get() !== round)
        lost.push(`${String(round)} became ${String(remembered.get())}`);
    }
    assert.deepEqual(lost, []);
    const reread = new Remembered(memento, "test", (value) => Number(value));
    assert.equal(reread.get(), 40);
    remembered.set(undefined);
  });
});
