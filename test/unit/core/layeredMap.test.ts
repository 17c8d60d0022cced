import assert from "node:assert/strict";
import fc from "fast-check";
import { LayeredMap } from "../../../src/core/state/layeredMap.ts";
import { fixedSeed } from "../../support/random.ts";

describe("a layered map", () => {
  const keys = ["a", "b", "c", "d", "e", "f", "g", "h"];
  const key = fc.constantFrom(...keys);
  const step = fc.oneof(
    fc.record({ kind: fc.constant("set" as const), key, value: fc.string() }),
    fc.record({ kind: fc.constant("delete" as const), key }),
    fc.record({ kind: fc.constant("copy" as const) }),
  );

  it("behaves like a plain map, and copying leaves the original unchanged", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.string())), fc.array(step), (entries, steps) => {
        const plain = new Map(entries);
        let layered = new LayeredMap<string>(new Map(entries));
        const copied: [LayeredMap<string>, Map<string, string>][] = [];
        for (const each of steps) {
          if (each.kind === "set") {
            plain.set(each.key, each.value);
            layered.set(each.key, each.value);
          } else if (each.kind === "delete") {
            assert.equal(layered.delete(each.key), plain.delete(each.key));
          } else {
            copied.push([layered, new Map(plain)]);
            layered = new LayeredMap(layered);
          }
        }
        for (const [map, expected] of [...copied, [layered, plain] as const]) {
          assert.equal(map.size, expected.size);
          assert.deepEqual(new Map(map), new Map([...expected]));
          for (const each of keys) {
            assert.equal(map.get(each), expected.get(each));
            assert.equal(map.has(each), expected.has(each));
          }
          assert.deepEqual([...map.keys()].sort(), [...expected.keys()].sort());
        }
      }),
      { numRuns: 2000, seed: fixedSeed },
    );
  });

  it("keeps the position of a replaced entry, and appends new ones", () => {
    const map = new LayeredMap(new Map(Object.entries({ a: "1", b: "2" })));
    map.set("c", "3").set("a", "4");
    assert.deepEqual([...map.entries()].join(" "), "a,4 b,2 c,3");
    const seen: string[] = [];
    map.forEach((value, each) => seen.push(each + value));
    assert.deepEqual(
      [seen, [...map.values()]],
      [
        ["a4", "b2", "c3"],
        ["4", "2", "3"],
      ],
    );
  });
});
