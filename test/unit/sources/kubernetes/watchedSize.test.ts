import assert from "node:assert/strict";

import { MAX_WATCHED_BYTES, MAX_WATCHED_OBJECTS } from "../../../../src/core/limits.ts";
import { WatchedSize } from "../../../../src/sources/kubernetes/watchedSize.ts";

describe("what a watch keeps", () => {
  it("is limited in number, however it arrived", () => {
    const size = new WatchedSize();
    const names = Array.from({ length: MAX_WATCHED_OBJECTS - 1 }, (_, number) => `o${number}`);
    size.listed(names, 1000);
    assert.ok(size.put("added", 1));
    assert.ok(!size.put("one-more", 1));
    assert.ok(size.put("added", 2), "it is counted once");
    size.remove("o1");
    assert.ok(size.put("one-more", 1));
    size.listed([], 0);
    for (const name of names) assert.ok(size.put(name, 1));
    assert.ok(size.put("added", 1) && !size.put("one-more", 1));
  });

  it("is limited in size, and an object that changes counts as it is now", () => {
    const size = new WatchedSize();
    const half = MAX_WATCHED_BYTES / 2;
    size.listed(["a", "b"], half);
    assert.ok(size.put("c", half));
    assert.ok(!size.put("d", 1));
    assert.ok(!size.put("a", half / 2 + 1), "it grew");
    for (let times = 0; times < 5; times++) assert.ok(size.put("c", half));
    size.remove("b");
    size.remove("b");
    assert.ok(size.put("d", half / 2) && !size.put("e", 1));
  });
});
