import assert from "node:assert/strict";

import {
  addUsage,
  NO_USAGE,
  totalTokens,
  totalUSD,
  type Usage,
} from "../../../src/core/usage/usage.ts";
import type { LedgerSum } from "../../../src/core/ledger/ledgerSum.ts";
import { usageBy, usageOf } from "../../../src/core/ledger/usageBy.ts";
import { bucketAt } from "../../../src/core/ledger/timeBuckets.ts";
import {
  changeChoices,
  DEFAULT_USAGE_CHOICES,
  drillQuery,
  rangeQuery,
  USAGE_DIMENSIONS,
  USAGE_RANGES,
  type UsageStack,
} from "../../../src/viewModels/usage/usageChoices.ts";
import type { UsageModel } from "../../../src/viewModels/usage/usage.ts";
import { usageSessionItems } from "../../../src/viewModels/usage/usageSessionItems.ts";
import { amountOf } from "../../../src/viewModels/usage/usageMeasures.ts";
import { MAX_BARS } from "../../../src/viewModels/usage/usageTrend.ts";
import { aLedgerSession, aRow, aTable, messageIDOf } from "../../support/seed/ledger.ts";
import {
  USAGE_CALENDAR,
  USAGE_NOW_MS,
  usageModelOf,
  usageSnapshotOf,
  usageTable,
} from "../../support/seed/usageScenarios.ts";

const HOUR_MS = 3_600_000;
const STACKS: readonly UsageStack[] = ["kind", ...USAGE_DIMENSIONS];

function sumOf(sums: readonly LedgerSum[]): { spent: Usage; alsoSpent: Usage; messages: number } {
  return {
    messages: sums.reduce((all, { messages }) => all + messages, 0),
    spent: sums.map(({ spent }) => spent).reduce(addUsage, NO_USAGE),
    alsoSpent: sums.map(({ alsoSpent }) => alsoSpent).reduce(addUsage, NO_USAGE),
  };
}

/** Tokens must match exactly, money to a millionth of a dollar, since sums are added as doubles here. */
function assertSame(actual: Usage, expected: Usage, what: string): void {
  assert.deepEqual(actual.tokens, expected.tokens, what);
  assert.equal(actual.unpricedTokens, expected.unpricedTokens, what);
  for (const kind of ["recordedUSD", "estimatedUSD"] as const) {
    assert.ok(Math.abs(actual[kind] - expected[kind]) < 1e-6, `${what}: ${kind}`);
  }
}

function periodOf(model: UsageModel): LedgerSum {
  return model.periods.find(({ range }) => range === model.choices.range)!.sum;
}

describe("the usage model", () => {
  const snapshot = usageSnapshotOf();
  const { table, prices, calendar, nowMs } = snapshot;

  for (const range of USAGE_RANGES) {
    it(`shows the ledger's sums in tiles, bars, groups and tables: ${range}`, () => {
      const expected = usageOf(table, rangeQuery(range, nowMs, calendar), prices);
      assert.ok(totalTokens(expected.spent.tokens) > 0);
      const model = usageModelOf({ range }, snapshot);
      assert.deepEqual(periodOf(model), expected);
      const bars = sumOf([...model.trend.buckets.map(({ sum }) => sum), model.trend.undated]);
      assertSame(bars.spent, expected.spent, "bars");
      assertSame(bars.alsoSpent, expected.alsoSpent, "bars, also spent");
      assert.equal(bars.messages, expected.messages);
      for (const { dimension, groups } of model.groups) {
        const all = sumOf(groups.map(({ sum }) => sum));
        assertSame(all.spent, expected.spent, dimension);
        assertSame(all.alsoSpent, expected.alsoSpent, dimension);
      }
      const rows = usageTable(model, "trend");
      const tokensAt = rows.columns.findIndex(({ csv }) => csv === "total");
      const inTable = rows.rows.reduce((sum, row) => sum + Number(row.cells[tokensAt]!.value), 0);
      assert.equal(inTable, totalTokens(expected.spent.tokens));
      assert.equal(rows.sum!.cells[tokensAt]!.value, totalTokens(expected.spent.tokens));
    });
  }

  it("gives the side bar view only the parts it shows, equal to the panel's", () => {
    const [session] = table.sessions;
    const drill = usageModelOf({}, snapshot).groups[0]!.groups[0]!.drill;
    const choices = { drill, compareA: session!.id, composition: session!.id };
    const panel = usageModelOf(choices, snapshot, { fillsSlots: true });
    const view = usageModelOf(choices, snapshot, { fillsSlots: true, page: "view" });
    for (const part of ["periods", "trend", "expensive", "budgets", "forecast"] as const) {
      assert.deepEqual(view[part], panel[part], part);
    }
    assert.deepEqual(
      view.groups,
      panel.groups.filter(({ dimension }) => dimension === "model"),
    );
    assert.ok(panel.heat.days.length > 0 && panel.cache.models.length > 0);
    assert.deepEqual([view.heat.days, view.cache.models], [[], []]);
    assert.ok(panel.drilled !== undefined && panel.compared.b !== undefined);
    assert.deepEqual(
      [view.drilled, view.compared.a, view.compared.b, view.composition],
      [undefined, undefined, undefined, undefined],
    );
  });

  it("draws exactly the spent and also-spent amounts for every measure and stack", () => {
    for (const measure of ["tokens", "cost"] as const) {
      for (const stack of STACKS) {
        const model = usageModelOf({ measure, stack, range: "all" }, snapshot);
        const amount = amountOf(measure);
        const drawn = model.trend.buckets
          .flatMap(({ values }) => values)
          .reduce((a, b) => a + b, 0);
        const { spent, alsoSpent } = periodOf(model);
        const expected = amount(spent) + amount(alsoSpent);
        assert.ok(Math.abs(drawn - expected) < 1e-6, `${measure} ${stack}`);
        assert.ok(model.trend.series.some(({ key }) => key === "alsoSpent"));
        for (const { values } of model.trend.buckets) {
          assert.equal(values.length, model.trend.series.length);
        }
      }
    }
  });

  it("lists the sessions that make up every bar, group and day", () => {
    const model = usageModelOf({ range: "week", unit: "day" }, snapshot);
    const parts = [
      ...model.trend.buckets.map(({ sum, drill }) => ({ sum, drill })),
      ...model.groups.flatMap(({ groups }) => groups.map(({ sum, drill }) => ({ sum, drill }))),
      ...model.expensive.map(({ tree, drill }) => ({ sum: tree, drill })),
    ];
    assert.ok(parts.length > 15);
    for (const { sum, drill } of parts) {
      const { drilled } = usageModelOf({ range: "week", drill }, snapshot);
      assert.deepEqual(drilled?.sum, sum, drill.title);
      const sessions = sumOf(drilled.sessions.map((one) => one.sum));
      assertSame(sessions.spent, sum.spent, drill.title);
    }
    // The outer weeks extend beyond the 30 days, but their sums and sessions do not.
    const weeks = usageModelOf({ range: "month", unit: "week" }, snapshot);
    for (const { sum, drill } of weeks.trend.buckets) {
      assert.deepEqual(usageOf(table, drillQuery(drill), prices), sum, drill.title);
    }
    const days = model.heat.days.filter(({ level }) => level > 0);
    assert.ok(days.length > 50);
    let forgotten = 0;
    for (const day of days) {
      const behind = usageOf(table, drillQuery(day.drill), prices);
      forgotten += totalUSD(behind.alsoSpent);
      assertSame(day.usage, addUsage(behind.spent, behind.alsoSpent), day.title);
    }
    assert.ok(forgotten > 0);
  });

  it("includes a day of 25 hours when the clocks go back, without losing anything", () => {
    const midnightMs = Date.UTC(2026, 9, 24, 22);
    const rows = Array.from({ length: 25 }, (_, hour) =>
      aRow({ messageID: messageIDOf(hour), createdMs: midnightMs + hour * HOUR_MS + 1000 }),
    );
    const autumn = aTable({ sessions: [aLedgerSession({ id: "ses_1", createdMs: 1 })], rows });
    const atMs = midnightMs + 24.5 * HOUR_MS;
    const model = usageModelOf(
      { range: "today", unit: "hour" },
      usageSnapshotOf({ table: autumn, nowMs: atMs, budgets: [] }),
    );
    assert.equal(model.trend.buckets.length, 25);
    assert.ok(model.trend.buckets.every(({ sum }) => sum.messages === 1));
    assert.equal(periodOf(model).messages, 25);
    const names = model.trend.buckets.map(({ name }) => name);
    assert.equal(new Set(names).size, 25);
    assert.deepEqual(names.slice(2, 4), ["2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00"]);
    const day = model.heat.days.find(({ name }) => name === "2026-10-25")!;
    assert.equal(day.messages, 25);
    const place = model.heat.days.indexOf(day);
    assert.deepEqual(
      [place % 7, Math.floor(place / 7), model.heat.days.at(-1)?.name],
      [6, 52, "2026-10-25"],
    );
  });

  it("starts 7 and 30 days at local midnight, even across clock changes", () => {
    const atMs = Date.UTC(2026, 9, 27, 12);
    const { fromMs, untilMs } = rangeQuery("week", atMs, USAGE_CALENDAR);
    assert.equal(fromMs, Date.UTC(2026, 9, 20, 22));
    assert.equal(untilMs, Date.UTC(2026, 9, 27, 23));
    const newYork = rangeQuery("month", atMs, { timeZone: "America/New_York" });
    assert.equal(newYork.fromMs, Date.UTC(2026, 8, 28, 4));
    assert.deepEqual(rangeQuery("all", atMs, USAGE_CALENDAR), {});
  });

  it("counts a fork's copies once, and separates what the servers have forgotten", () => {
    const model = usageModelOf({ range: "all" }, snapshot);
    const { spent, copied, alsoSpent } = periodOf(model);
    assert.ok(totalTokens(copied.tokens) > 0);
    const fork = usageBy(table, "session", {}, prices).find(({ key }) => key === "ses_fork")!;
    assert.equal(totalUSD(fork.sum.spent), 0);
    assert.ok(totalUSD(alsoSpent) > 0);
    assert.ok(spent.estimatedUSD > 0 && spent.unpricedTokens > 0);
    const groups = model.groups.find(({ dimension }) => dimension === "model")!.groups;
    const local = groups.find(({ key }) => key === "ollama/qwen3-coder")!;
    assert.deepEqual([local.sum.spent.recordedUSD, local.sum.spent.estimatedUSD], [0, 0]);
    const sheet = usageTable(model, "byModel");
    const at = sheet.columns.findIndex(({ csv }) => csv === "cost_usd");
    const row = sheet.rows.find(({ cells }) => cells[1]!.value === local.key)!;
    assert.deepEqual([row.cells[at]!.text, row.cells[at]!.value], ["–", undefined]);
    assert.equal(row.cells[at + 1]!.value, "unpriced");
    assert.match(sheet.sum!.cells[at]!.text, /^≥ \$/);
  });

  it("switches to a longer unit if there would be too many bars", () => {
    const model = usageModelOf({ range: "all", unit: "hour" }, snapshot);
    assert.equal(model.trend.unit, "day");
    assert.equal(model.trend.isCoarser, true);
    assert.ok(model.trend.buckets.length <= MAX_BARS);
    assert.equal(usageModelOf({ range: "today" }, snapshot).trend.unit, "hour");
    assert.equal(usageModelOf({ range: "all" }, snapshot).trend.unit, "week");
  });

  it("keeps answers with impossible times in the sums, and says so", () => {
    const rows = [
      aRow({ messageID: messageIDOf(1), createdMs: 0 }),
      aRow({ messageID: messageIDOf(2), createdMs: USAGE_NOW_MS - HOUR_MS }),
    ];
    const odd = usageSnapshotOf({ table: aTable({ rows }), budgets: [] });
    const model = usageModelOf({ range: "all" }, odd);
    assert.equal(periodOf(model).messages, 2);
    assert.equal(model.trend.undated.messages, 1);
    const sheet = usageTable(model, "trend");
    assert.ok(sheet.rows.some(({ cells }) => cells[0]!.text === "No valid time reported"));
    assert.equal(periodOf(usageModelOf({ range: "month" }, odd)).messages, 1);
  });

  it("is empty but complete without any answers", () => {
    const model = usageModelOf({ range: "all" }, usageSnapshotOf({ table: aTable({}) }));
    assert.equal(model.isEmpty, true);
    assert.deepEqual(model.trend.buckets, []);
    assert.deepEqual(model.expensive, []);
    assert.equal(model.cache.hitRate, undefined);
    assert.ok(model.heat.days.every(({ level }) => level === 0));
  });

  it("names projects by folder, adding the parent folder if two share a name", () => {
    const labels = usageModelOf({ range: "all" }, snapshot)
      .groups.find(({ dimension }) => dimension === "project")!
      .groups.map(({ label }) => label)
      .sort();
    assert.deepEqual(labels, ["dev/billing", "firmware", "srv/billing", "webshop"]);
  });

  it("shows budgets with their use, their end, when they will be reached, and their sessions", () => {
    const model = usageModelOf({}, snapshot);
    const [daily, monthly, weekly] = model.budgets;
    const day = bucketAt("day", nowMs, calendar);
    assert.equal(daily!.endMs, day.endMs);
    const today = usageOf(table, { fromMs: day.startMs, untilMs: day.endMs }, prices);
    assert.ok(Math.abs(daily!.used - totalUSD(today.spent)) < 1e-9);
    assert.ok(daily!.reachedMs === undefined || daily!.reachedMs < day.endMs);
    assert.equal(monthly!.isRecordedOnly, true);
    assert.equal(weekly!.title, "This week · dev/billing");
    // The overall rate says nothing about a single project.
    assert.equal(weekly!.reachedMs, undefined);
    const behind = usageOf(table, drillQuery(weekly!.drill), prices);
    assert.equal(
      weekly!.used,
      totalTokens(behind.spent.tokens) + totalTokens(behind.alsoSpent.tokens),
    );
  });

  it("says whether a session can be opened", () => {
    const { expensive } = usageModelOf({ range: "all" }, snapshot, {
      canOpen: (sessionID) => sessionID === "ses_2_0",
    });
    assert.ok(
      expensive.every(({ session }) => session.canOpen === (session.sessionID === "ses_2_0")),
    );
  });

  it("compares and breaks down the most expensive sessions until others are chosen", () => {
    const filled = usageModelOf({ range: "all" }, snapshot, { fillsSlots: true });
    const [first, second] = filled.expensive.map(({ session }) => session.sessionID);
    assert.equal(filled.compared.a?.session.sessionID, first);
    assert.equal(filled.compared.b?.session.sessionID, second);
    assert.equal(filled.composition?.session.sessionID, first);
    const chosen = usageModelOf({ range: "all", compareA: second! }, snapshot, {
      fillsSlots: true,
      canOpen: (sessionID) => sessionID !== first,
    });
    assert.equal(chosen.compared.a?.session.sessionID, second);
    assert.equal(chosen.compared.b?.session.sessionID, first);
    assert.equal(chosen.composition?.session.sessionID, second);
    const plain = usageModelOf({ range: "all" }, snapshot);
    assert.deepEqual([plain.compared.a, plain.composition], [undefined, undefined]);
  });

  it("names a place after its server in the tree, or else as in the ledger", () => {
    const names = new Map([["db", "My laptop"]]);
    const { groups } = usageModelOf({}, snapshot, { serverNames: names });
    const places = groups.find(({ dimension }) => dimension === "place")!.groups;
    assert.deepEqual(places.map(({ key, label }) => `${key} ${label}`).sort(), [
      "box Build box",
      "db My laptop",
    ]);
  });

  it("lists sessions to pick from, newest first, and only those given if limited", () => {
    const items = usageSessionItems(snapshot, undefined);
    assert.equal(items[0]!.sessionID.startsWith("ses_0_"), true);
    assert.match(items[0]!.description, /\$.* · /);
    assert.deepEqual(
      usageSessionItems(snapshot, new Set(["ses_3_0"])).map(({ sessionID }) => sessionID),
      ["ses_3_0"],
    );
  });

  it("shows money in another currency at its rate, but keeps dollars internally", () => {
    const euros = usageSnapshotOf({ currency: { code: "EUR", perUSD: 0.5 } });
    const model = usageModelOf({ range: "week" }, euros);
    const plain = usageModelOf({ range: "week" }, snapshot);
    assert.deepEqual(periodOf(model), periodOf(plain));
    const cell = (one: UsageModel) => {
      const sheet = usageTable(one, "byModel");
      return sheet.rows[0]!.cells[sheet.columns.findIndex(({ csv }) => csv === "cost_usd")]!;
    };
    assert.equal(cell(model).value, cell(plain).value);
    assert.match(cell(model).text, /€/);
  });
});

describe("the usage choices", () => {
  it("close the drill-down when the time range changes, and keep it otherwise", () => {
    const { drill } = usageModelOf().trend.buckets[0]!;
    const choices = changeChoices(DEFAULT_USAGE_CHOICES, { kind: "drill", drill });
    assert.equal(choices.drill, drill);
    assert.equal(changeChoices(choices, { kind: "measure", measure: "tokens" }).drill, drill);
    assert.equal(changeChoices(choices, { kind: "range", range: "all" }).drill, undefined);
    const compared = changeChoices(choices, {
      kind: "session",
      slot: "compareB",
      sessionID: "ses_1",
    });
    assert.equal(compared.compareB, "ses_1");
  });
});
