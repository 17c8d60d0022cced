import assert from "node:assert/strict";
import { describe, it } from "mocha";

import {
  type BreakdownChoices,
  type FromBreakdown,
  isBreakdownChoices,
  isFromBreakdown,
  isToBreakdown,
  pictureBase64,
} from "../../../src/protocol/breakdown.ts";
import { breakdownModel } from "../../../src/viewModels/breakdown.ts";
import { NOW_MS, REF, type ScenarioName, SCENARIOS } from "../../support/breakdownScenarios.ts";

const PNG = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA";

const ASKED: readonly FromBreakdown[] = [
  { type: "ready" },
  { type: "openSession", sessionID: "ses_1" },
  { type: "compact" },
  { type: "reload" },
  { type: "copy", format: "csv", table: "children" },
  { type: "export", format: "json", table: "messages" },
  { type: "savePicture", chart: "tokens", dataURL: PNG },
  { type: "problem", message: "x is not a function" },
];

const CHOICES: BreakdownChoices = {
  version: 1,
  ref: REF,
  tab: "charts",
  zoom: { fromID: "a", toID: "b", followsEnd: true },
  hiddenKinds: ["cacheRead"],
  scope: "tree",
  order: "cost",
  page: 2,
  scrollTop: 300,
  tableScrollTop: 40,
};

/** As it arrives on the other side. */
function sent(message: unknown): unknown {
  return JSON.parse(JSON.stringify(message));
}

function snapshot(name: ScenarioName): unknown {
  return sent({ type: "snapshot", model: breakdownModel(SCENARIOS[name](), REF, NOW_MS) });
}

type Path = readonly (string | number)[];

/** Every place in a value, the value itself aside. */
function* placesOf(value: unknown, path: Path = []): Generator<Path> {
  if (typeof value !== "object" || value === null) return;
  const entries = Array.isArray(value) ? value.slice(0, 2).entries() : Object.entries(value);
  for (const [key, child] of entries) {
    yield [...path, key];
    yield* placesOf(child, [...path, key]);
  }
}

/** A copy with one place changed; removed when the replacement is undefined. */
function changedAt(value: unknown, path: Path, replacement: unknown): unknown {
  const copy = structuredClone(value);
  let at = copy as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
  const last = path.at(-1)!;
  if (replacement === undefined) Reflect.deleteProperty(at, last);
  else at[last] = replacement;
  return copy;
}

const WRONG: readonly unknown[] = [
  null,
  [],
  {},
  "text",
  "",
  -1,
  "9",
  true,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Symbol("x"),
  () => "ready",
  new Date(),
  Object.create(null),
];

describe("breakdown protocol", () => {
  it("lets every snapshot through as it arrives", () => {
    for (const name of Object.keys(SCENARIOS) as ScenarioName[]) {
      assert.equal(isToBreakdown(snapshot(name)), true, name);
    }
    const absence = { isOver: false, message: "Connecting" };
    assert.equal(isToBreakdown({ type: "waiting", ref: REF, absence }), true);
    assert.equal(isToBreakdown({ type: "waiting", ref: REF, absence: {} }), false);
  });

  it("lets every request through", () => {
    for (const message of ASKED) assert.equal(isFromBreakdown(sent(message)), true, message.type);
    assert.equal(pictureBase64(PNG), "iVBORw0KGgoAAAANSUhEUgAA");
  });

  it("refuses whatever is no message", () => {
    for (const value of [...WRONG, undefined, { type: "toString" }, { type: "__proto__" }]) {
      assert.equal(isToBreakdown(value), false);
      assert.equal(isFromBreakdown(value), false);
      assert.equal(isBreakdownChoices(value), false);
    }
    const inherited: unknown = Object.create({ type: "ready" });
    assert.equal(isFromBreakdown(inherited), false);
  });

  it("refuses a request with any field missing or wrong", () => {
    let refused = 0;
    for (const message of ASKED) {
      for (const path of placesOf(message)) {
        for (const wrong of [undefined, null, [], {}, -1, true, "x".repeat(100_001)]) {
          assert.equal(isFromBreakdown(changedAt(message, path, wrong)), false, path.join("."));
          refused += 1;
        }
      }
    }
    assert.ok(refused > 100);
  });

  it("takes nothing for a picture but a PNG of bearable size", () => {
    const request = (dataURL: string) =>
      isFromBreakdown({ type: "savePicture", chart: "tokens", dataURL });
    assert.equal(request("data:image/svg+xml;base64,iVBORw0K"), false);
    assert.equal(request("data:image/png;base64,AAAA"), false);
    assert.equal(request(PNG + "A".repeat(32_000_000)), false);
    for (const chart of ["", "../x", "a b", "x".repeat(41)]) {
      assert.equal(isFromBreakdown({ type: "savePicture", chart, dataURL: PNG }), false, chart);
    }
  });

  it("refuses a snapshot with any place spoilt, and never throws", () => {
    // Places that may be absent, or where another value of the same type is as good.
    const good = snapshot("live");
    let refused = 0;
    for (const path of placesOf(good)) {
      for (const wrong of WRONG) {
        const value = changedAt(good, path, wrong);
        const before = readAt(good, path);
        if (typeof wrong === typeof before && isAlike(before, wrong)) continue;
        assert.equal(isToBreakdown(value), false, `${path.join(".")} = ${typeof wrong}`);
        refused += 1;
      }
    }
    assert.ok(refused > 1000);
  });

  it("refuses a snapshot with an unknown word or a negative count", () => {
    const good = snapshot("live");
    for (const path of [
      ["type"],
      ["model", "stateKind"],
      ["model", "freshness", "kind"],
      ["model", "points", 0, "costState"],
      ["model", "children", 0, "stateKind"],
    ]) {
      assert.equal(isToBreakdown(changedAt(good, path, "other")), false, path.join("."));
    }
    for (const path of [
      ["model", "userMessages"],
      ["model", "own", "usage", "tokens", "cache", "read"],
      ["model", "points", 3, "tokens", "input"],
      ["model", "points", 3, "durationMs"],
      ["model", "context", "contextTokens"],
    ]) {
      assert.equal(isToBreakdown(changedAt(good, path, -1)), false, path.join("."));
    }
  });

  it("refuses a snapshot that lacks a field it must have", () => {
    const good = snapshot("normal");
    for (const key of ["ref", "points", "sum", "own", "children", "freshness", "loading"]) {
      assert.equal(isToBreakdown(changedAt(good, ["model", key], undefined)), false, key);
    }
  });

  it("knows the choices of this version only", () => {
    assert.equal(isBreakdownChoices(sent(CHOICES)), true);
    assert.equal(isBreakdownChoices(sent({ ...CHOICES, zoom: undefined })), true);
    assert.equal(isBreakdownChoices({ ...CHOICES, version: 2 }), false);
    assert.equal(isBreakdownChoices({ ...CHOICES, ref: { serverID: "x" } }), false);
    assert.equal(isBreakdownChoices({ ...CHOICES, page: -1 }), false);
    assert.equal(isBreakdownChoices({ ...CHOICES, order: "name" }), false);
  });
});

function readAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const key of path) at = (at as Record<string | number, unknown>)[key];
  return at;
}

/** Whether a guard cannot tell the two apart: texts, flags, signed figures and lists by type alone. */
function isAlike(before: unknown, wrong: unknown): boolean {
  if (typeof before === "string") return true;
  if (typeof before === "boolean") return true;
  if (typeof before === "number") return Number.isFinite(wrong);
  return Array.isArray(before) && Array.isArray(wrong);
}
