import assert from "node:assert/strict";

import { MOST_ROWS, TreeExpansion } from "../../../src/views/tree/treeExpansion.ts";
import { HeldTimers } from "../../support/heldTimers.ts";
import { until } from "../../support/until.ts";

describe("expanded and collapsed rows", () => {
  let stored: unknown;
  let expansion: TreeExpansion;

  /** The rows of a window on the same workspace. */
  function open(): TreeExpansion {
    return new TreeExpansion({
      get: () => stored,
      update: (_key: string, value: unknown) => {
        stored = value;
        return Promise.resolve();
      },
    });
  }

  beforeEach(() => {
    stored = undefined;
    expansion = open();
  });

  afterEach(() => {
    expansion.dispose();
  });

  it("are the same in the next window", async () => {
    expansion.set("a", true);
    expansion.set("b", false);
    await until("both are stored", () => open().get("b") === false);
    const next = open();
    assert.equal(next.get("a"), true);
    assert.equal(next.get("c"), undefined);
  });

  it("are forgotten in the order in which they were last toggled, once there are many", async () => {
    expansion.set("first", true);
    expansion.set("second", true);
    for (let row = 2; row < MOST_ROWS; row++) expansion.set(String(row), true);
    expansion.set("first", false);
    expansion.set("last", true);
    await until("the last is stored", () => open().get("last") === true);
    const next = open();
    assert.equal(next.get("second"), undefined);
    assert.equal(next.get("first"), false);
    assert.equal(next.get("2"), true);
  });

  it("include a collapse that VS Code did not report: it then requests no children of the row", () => {
    const timers = new HeldTimers();
    try {
      for (const row of ["open", "collapsed"]) {
        expansion.set(row, true);
        expansion.noteDrawn(row);
      }
      expansion.noteRequested("open");
      timers.pass(60_000);
      assert.equal(expansion.get("open"), true);
      assert.equal(expansion.get("collapsed"), false);
    } finally {
      timers.restore();
    }
  });

  it("stay as they are while the tree is hidden", () => {
    const timers = new HeldTimers();
    try {
      expansion.set("a", true);
      expansion.noteDrawn("a");
      expansion.noteHidden();
      timers.pass(60_000);
      assert.equal(expansion.get("a"), true);
    } finally {
      timers.restore();
    }
  });

  it("leave out what cannot be read", () => {
    for (const unreadable of [7, "a", { a: true }]) {
      stored = unreadable;
      assert.equal(open().get("a"), undefined);
    }
    stored = [["a", true], ["b", 1], "c", null, [5, true]];
    assert.equal(open().get("a"), true);
    assert.equal(open().get("b"), undefined);
  });
});
