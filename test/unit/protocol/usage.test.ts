import assert from "node:assert/strict";

import { isFromUsage, isToUsage, isUsageKept } from "../../../src/protocol/usage.ts";
import { DEFAULT_USAGE_CHOICES } from "../../../src/viewModels/usageChoices.ts";
import { usageModelOf, usageSnapshotOf } from "../../support/usageScenarios.ts";

const PNG = "data:image/png;base64,iVBORw0KGgo=";

/** What JSON makes of a value: between the host and a webview undefined fields vanish. */
function sent(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

describe("messages to the pages of usage", () => {
  const model = usageModelOf(
    {
      compareA: "ses_2_0",
      compareB: "ses_3_0",
      composition: "ses_2_0",
      drill: usageModelOf().trend.buckets[3]!.drill,
    },
    usageSnapshotOf({
      fill: { name: "here", progress: undefined },
      problems: [{ severity: "info", message: "x" }],
    }),
  );

  it("are taken as they are made, also after JSON", () => {
    assert.ok(isToUsage({ type: "snapshot", model }));
    assert.ok(isToUsage(sent({ type: "snapshot", model })));
    assert.ok(isToUsage({ type: "waiting", message: "soon", isOver: false }));
  });

  it("are refused when any part is not what it should be", () => {
    const broken: readonly [path: string, value: unknown][] = [
      ["periods", undefined],
      ["heat", []],
      ["forecast.todayUSD", Number.NaN],
      ["cache.inputTokens", -1],
      ["choices.range", "year"],
      ["trend.series.0.label", 7],
      ["compared.a", {}],
      ["budgets.0.percent", "80"],
    ];
    for (const [place, value] of broken) {
      const copy: object = structuredClone(model);
      const path = place.split(".");
      const last = path.pop() ?? "";
      let target = copy;
      for (const key of path) target = Reflect.get(target, key) as object;
      assert.ok(Reflect.has(target, last), place);
      Reflect.set(target, last, value);
      assert.equal(isToUsage({ type: "snapshot", model: copy }), false, place);
    }
    for (const odd of [undefined, null, 1, "x", [], {}, { type: "toString" }]) {
      assert.equal(isToUsage(odd), false);
    }
  });
});

describe("messages from the pages of usage", () => {
  it("are taken in every kind, also after JSON", () => {
    const { drill } = usageModelOf().trend.buckets[0]!;
    const messages = [
      { type: "ready", choices: undefined },
      { type: "ready", choices: DEFAULT_USAGE_CHOICES },
      { type: "choose", change: { kind: "range", range: "week" } },
      { type: "choose", change: { kind: "unit", unit: "auto" } },
      { type: "choose", change: { kind: "measure", measure: "tokens" } },
      { type: "choose", change: { kind: "stack", stack: "place" } },
      { type: "choose", change: { kind: "drill", drill } },
      { type: "choose", change: { kind: "drill", drill: undefined } },
      { type: "choose", change: { kind: "session", slot: "compareA", sessionID: "ses_1" } },
      { type: "pickSession", slot: "composition" },
      { type: "openSession", sessionID: "ses_1" },
      { type: "openPanel", drill: undefined },
      { type: "openPanel", drill },
      { type: "openBudgets" },
      { type: "refill" },
      { type: "cancelFill" },
      { type: "copy", format: "csv", table: "trend" },
      { type: "export", format: "json", table: "sessions" },
      { type: "savePicture", chart: "calendar", dataURL: PNG },
      { type: "problem", message: "x" },
    ];
    for (const message of messages) {
      assert.ok(isFromUsage(message), JSON.stringify(message));
      assert.ok(isFromUsage(sent(message)), JSON.stringify(message));
    }
  });

  it("are refused when they are none", () => {
    for (const message of [
      { type: "choose", change: { kind: "range", range: "year" } },
      { type: "choose", change: { kind: "session", slot: "third", sessionID: "x" } },
      { type: "choose", choices: DEFAULT_USAGE_CHOICES },
      { type: "ready", choices: { range: "week" } },
      { type: "openSession" },
      { type: "copy", format: "xml", table: "trend" },
      { type: "export", format: "csv", table: "../../etc" },
      { type: "savePicture", chart: "trend", dataURL: "data:text/html,x" },
      { type: "runCommand", command: "x" },
    ]) {
      assert.equal(isFromUsage(message), false, JSON.stringify(message));
    }
  });

  it("guard what VS Code kept", () => {
    const kept = {
      version: 1,
      choices: DEFAULT_USAGE_CHOICES,
      tables: ["trend"],
      hiddenSeries: [],
      scrollTop: 12,
    };
    assert.ok(isUsageKept(sent(kept)));
    assert.equal(isUsageKept({ ...kept, version: 2 }), false);
    assert.equal(isUsageKept({ ...kept, scrollTop: -1 }), false);
    assert.equal(isUsageKept(undefined), false);
  });
});
