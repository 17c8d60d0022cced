import assert from "node:assert/strict";
import { describe, it } from "mocha";

import type { SessionChoices, FromPage } from "../../../src/protocol/page.ts";
import { parseFromPage, parseKeptSession, pictureBase64 } from "../../../src/protocol/parse.ts";
import { DEFAULT_USAGE_CHOICES } from "../../../src/viewModels/usage/usageChoices.ts";
import { usageCards, usagePage } from "../../../src/viewModels/usage/usagePage.ts";
import { REF } from "../../support/seed/breakdownScenarios.ts";
import { usageModelOf } from "../../support/seed/usageScenarios.ts";

const PNG = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA";
const { drill } = usageModelOf().trend.buckets[0]!;

/** Every kind of message a page sends. */
const MESSAGES: readonly FromPage[] = [
  { type: "ready" },
  { type: "openSession", sessionID: "ses_1" },
  { type: "reload" },
  { type: "width", widthPx: 300, letterPx: 7.3 },
  { type: "copy", format: "csv", table: "children" },
  { type: "export", format: "json", table: "messages" },
  { type: "savePicture", card: "tokens", dataURL: PNG },
  { type: "problem", during: "script", name: "TypeError", at: ["1:20400", "1:7"] },
  { type: "choose", change: { kind: "range", range: "week" } },
  { type: "choose", change: { kind: "unit", unit: "auto" } },
  { type: "choose", change: { kind: "measure", measure: "tokens" } },
  { type: "choose", change: { kind: "stack", stack: "place" } },
  { type: "pickSession", slot: "composition" },
  { type: "openSetting", setting: "budgets" },
  { type: "refill" },
  { type: "cancelFill" },
];

/** Messages with their optional fields omitted. */
const LENIENT: readonly FromPage[] = [
  { type: "ready", choices: DEFAULT_USAGE_CHOICES },
  { type: "ready", choices: undefined },
  { type: "choose", change: { kind: "drill", drill } },
  { type: "choose", change: { kind: "drill", drill: undefined } },
  { type: "choose", change: { kind: "session", slot: "compareA", sessionID: "ses_1" } },
  { type: "choose", change: { kind: "session", slot: "compareA", sessionID: undefined } },
  { type: "openPanel", drill },
  { type: "openPanel", drill: undefined },
];

/** The value as it arrives on the other side. */
function sent(message: unknown): unknown {
  return JSON.parse(JSON.stringify(message));
}

type Path = readonly (string | number)[];

/** Every path inside a value, except the value itself. */
function* placesOf(value: unknown, path: Path = []): Generator<Path> {
  if (typeof value !== "object" || value === null) return;
  const entries = Array.isArray(value) ? value.slice(0, 2).entries() : Object.entries(value);
  for (const [key, child] of entries) {
    yield [...path, key];
    yield* placesOf(child, [...path, key]);
  }
}

/** A copy with the value at one path replaced, or removed if the replacement is undefined. */
function changedAt(value: unknown, path: Path, replacement: unknown): unknown {
  const copy = structuredClone(value);
  let at = copy as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
  const last = path.at(-1)!;
  if (replacement === undefined) Reflect.deleteProperty(at, last);
  else at[last] = replacement;
  return copy;
}

describe("messages from a page", () => {
  it("are accepted in every kind, even after a round trip through JSON", () => {
    for (const message of [...MESSAGES, ...LENIENT]) {
      assert.deepEqual(parseFromPage(message), message);
      assert.deepEqual(parseFromPage(sent(message)), sent(message));
    }
    assert.equal(pictureBase64(PNG), "iVBORw0KGgoAAAANSUhEUgAA");
  });

  it("are rejected without throwing if they are not messages", () => {
    const nothing: readonly unknown[] = [
      undefined,
      null,
      [],
      {},
      "text",
      "",
      -1,
      true,
      Number.NaN,
      Symbol("x"),
      () => "ready",
      new Date(),
      Object.create(null),
      { type: "toString" },
      { type: "__proto__" },
      { type: "runCommand", command: "x" },
      Object.create({ type: "ready" }),
    ];
    for (const value of nothing) {
      assert.equal(parseFromPage(value), undefined);
      assert.equal(parseKeptSession(value), undefined);
    }
  });

  it("report an error without its message, which may quote a prompt", () => {
    const problem = { type: "problem", during: "drawing", name: "SyntaxError", at: ["1:204"] };
    assert.deepEqual(parseFromPage(problem), problem);
    const prompt = "Fix the secret plan";
    assert.equal(parseFromPage({ ...problem, name: prompt }), undefined);
    assert.equal(parseFromPage({ ...problem, at: [prompt] }), undefined);
    assert.equal(parseFromPage({ ...problem, during: prompt }), undefined);
    assert.deepEqual(parseFromPage({ ...problem, message: prompt }), problem);
  });

  it("are rejected if any field is missing or wrong", () => {
    let refused = 0;
    for (const message of MESSAGES) {
      for (const path of placesOf(message)) {
        for (const wrong of [undefined, null, [], {}, -1, true, "x".repeat(100_001)]) {
          assert.equal(parseFromPage(changedAt(message, path, wrong)), undefined, path.join("."));
          refused += 1;
        }
      }
    }
    assert.ok(refused > 200);
    for (const message of [
      { type: "choose", change: { kind: "range", range: "year" } },
      { type: "choose", change: { kind: "session", slot: "third", sessionID: "x" } },
      { type: "choose", change: { kind: "drill", drill: { ...drill, fromMs: Number.NaN } } },
      { type: "choose", choices: DEFAULT_USAGE_CHOICES },
      { type: "ready", choices: { range: "week" } },
      { type: "openSession" },
      { type: "copy", format: "xml", table: "trend" },
      { type: "export", format: "csv", table: "../../etc" },
    ]) {
      assert.equal(parseFromPage(message), undefined, JSON.stringify(message));
    }
  });

  it("may contain only a PNG of reasonable size as a picture", () => {
    const picture = (dataURL: string, card = "tokens") =>
      parseFromPage({ type: "savePicture", card, dataURL });
    assert.ok(picture(PNG) !== undefined);
    assert.equal(picture("data:image/svg+xml;base64,iVBORw0K"), undefined);
    assert.equal(picture("data:text/html,x"), undefined);
    assert.equal(picture("data:image/png;base64,AAAA"), undefined);
    assert.equal(picture(PNG + "A".repeat(32_000_000)), undefined);
    for (const card of ["", "../x", "a b", "x".repeat(41)]) {
      assert.equal(picture(PNG, card), undefined, card);
    }
  });

  it("include every request that a page's cards can send", () => {
    let asked = 0;
    for (const kind of ["view", "panel"] as const) {
      const model = usageModelOf({ compareA: "ses_2_0", composition: "ses_2_0", drill });
      for (const found of requestsIn(usagePage(model, kind))) {
        assert.ok(parseFromPage(sent(found)) !== undefined, JSON.stringify(found));
        asked += 1;
      }
      for (const { id } of usageCards(model, kind)) {
        assert.ok(parseFromPage({ type: "copy", format: "csv", table: id }) !== undefined, id);
      }
    }
    assert.ok(asked > 500);
  });
});

describe("the breakdown state kept by VS Code", () => {
  const kept: SessionChoices = {
    version: 1,
    ref: REF,
    tab: "charts",
    hiddenKinds: [],
    scope: "own",
    order: "cost",
    page: 2,
    scrollTop: 300,
    tableScrollTop: 40,
  };

  it("names its session, and is accepted only in this version", () => {
    assert.deepEqual(parseKeptSession(sent(kept)), REF);
    assert.equal(parseKeptSession({ ...kept, version: 2 }), undefined);
    assert.equal(parseKeptSession({ ...kept, ref: { serverID: "x" } }), undefined);
  });
});

/** Every request found anywhere in a value. */
function* requestsIn(value: unknown): Generator {
  if (typeof value !== "object" || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    if (key === "ask" && child !== undefined) yield child;
    else yield* requestsIn(child);
  }
}
