import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";

import { type Budget, budgetUse } from "../../../src/core/usage/budget.ts";
import type { LedgerTable } from "../../../src/core/ledger/table.ts";
import { sessionList } from "../../../src/core/state/sessionList.ts";
import type { UsageReport } from "../../../src/core/agents/publicAPI.ts";
import {
  periodStartMs,
  REPORT_GROUPINGS,
  usageReport,
  type UsageReportOptions,
} from "../../../src/core/usage/usageReport.ts";
import schemas from "../../../src/agents/answerSchemas.json" with { type: "json" };
import type { CostState } from "../../../src/core/usage/usage.ts";
import { aServer, aSession, stateWith } from "../../support/seed/builders.ts";
import { aLedgerSession, aRow, aTable, LEDGER_MS, messageIDOf } from "../../support/seed/ledger.ts";

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
const isReport = ajv.compile<UsageReport>(schemas.UsageReport);
const isList = ajv.compile(schemas.SessionList);
const DAY_MS = 86_400_000;
const UTC = { timeZone: "UTC" };
const NOW_MS = LEDGER_MS + 3_600_000;

let rows = 0;
const row = (overrides: Partial<Parameters<typeof aRow>[0]>) =>
  aRow({ messageID: messageIDOf(++rows), ...overrides });

function reportOf(
  table: LedgerTable,
  options: Partial<UsageReportOptions> = {},
  more: Partial<Parameters<typeof usageReport>[0]> = {},
): UsageReport {
  const report = usageReport(
    { table, prices: new Map(), calendar: UTC, nowMs: NOW_MS, ...more },
    { period: "all", by: "model", limit: 20, ...options },
  );
  const sent: unknown = JSON.parse(JSON.stringify(report));
  assert.ok(isReport(sent), JSON.stringify(isReport.errors));
  assert.deepEqual(sent, report, "JSON changes nothing");
  return report;
}

describe("usage_report", () => {
  const table = aTable({
    places: [{ id: "db", name: "This machine" }],
    sessions: [
      aLedgerSession({ id: "ses_1", title: "Fix login" }),
      aLedgerSession({ id: "ses_2", parentID: "ses_1", directory: "/code/app/deep" }),
    ],
    rows: [
      row({ costUSD: 0.25 }),
      row({ sessionID: "ses_2", modelID: "haiku", costUSD: 0.5 }),
      row({ createdMs: LEDGER_MS - 3 * DAY_MS, costUSD: 1 }),
      row({ isGone: true, costUSD: 2 }),
      row({ modelID: "free", costUSD: 0 }),
    ],
  });

  it("sums a period, and reports separately what the servers have forgotten", () => {
    const all = reportOf(table).total;
    assert.deepEqual(
      [all.messages, all.cost, all.costState, all.alsoSpentUSD],
      [4, 1.75, "partial", 2],
    );
    assert.equal(reportOf(table, { period: "today" }).total.cost, 0.75);
    assert.equal(reportOf(table, { period: "7d" }).total.cost, 1.75);
  });

  it("breaks it down by every grouping, with names, and loses nothing", () => {
    for (const by of REPORT_GROUPINGS) {
      const { groups, total } = reportOf(table, { by });
      const sum = groups.reduce((tokens, group) => tokens + group.totalTokens, 0);
      assert.equal(sum, total.totalTokens, by);
    }
    const named = (by: UsageReportOptions["by"]) =>
      reportOf(table, { by }).groups.map(({ key, name }) => [key, name]);
    assert.deepEqual(named("tree"), [["ses_1", "Fix login"]]);
    assert.deepEqual(named("server"), [["db", "This machine"]]);
    assert.deepEqual(named("project"), [["project-app", "/code/app"]]);
    assert.deepEqual(named("origin"), [
      ["root", "Sessions"],
      ["child", "Sub-sessions"],
    ]);
    assert.deepEqual(named("day"), [
      ["2026-02-27", "2026-02-27"],
      ["2026-03-02", "2026-03-02"],
    ]);
  });

  it("keeps the most expensive groups, or the newest for time groupings, and counts the rest", () => {
    const models = reportOf(table, { limit: 1 });
    assert.deepEqual([models.groups[0]?.key, models.moreGroups], ["acme/sonnet", 2]);
    const days = reportOf(table, { by: "day", limit: 1 });
    assert.deepEqual([days.groups[0]?.key, days.moreGroups], ["2026-03-02", 1]);
  });

  it("reports an unknown cost as null", () => {
    const free = reportOf(table).groups.find(({ key }) => key === "acme/free");
    assert.deepEqual([free?.cost, free?.costState], [null, "unpriced"]);
  });

  it("reports budgets and forecasts if there are any", () => {
    const none = reportOf(table);
    assert.deepEqual(Object.values(none.budgets), [null, null, null, null, null]);
    assert.deepEqual(Object.values(none.forecast), [null, null, null, null, null, null, null]);
    const budget: Budget = { id: "b", period: "daily", limit: 11, unit: "USD", counts: "recorded" };
    const use = budgetUse({ table, prices: new Map(), calendar: UTC, nowMs: NOW_MS }, budget);
    const { budgets, forecast } = reportOf(
      table,
      {},
      {
        budgets: [use],
        rate: {
          usdPerHour: 3,
          costState: "recorded" as const,
          recordedUSDPerHour: 3,
          tokensPerMinute: 7,
          answers: 4,
        },
        projection: {
          todayUSD: 1,
          todayState: "recorded",
          monthState: "recorded",
          endOfDayState: "recorded",
          endOfMonthState: "recorded",
          endOfDayUSD: 2,
          monthUSD: 3,
          endOfMonthUSD: undefined,
        },
      },
    );
    assert.deepEqual(budgets.daily, {
      used: 2.75,
      limit: 11,
      percent: 25,
      unit: "USD",
      isLowerBound: true,
    });
    assert.deepEqual(forecast, {
      usdPerHour: 3,
      usdPerHourState: "recorded",
      tokensPerMinute: 7,
      endOfDayUSD: 2,
      endOfDayState: "recorded",
      endOfMonthUSD: null,
      endOfMonthState: null,
    });
  });

  it("gives each rate its cost state, and no cost rate if nothing is priced", () => {
    const rate = { usdPerHour: 0, recordedUSDPerHour: 0, tokensPerMinute: 7, answers: 4 };
    const forecastOf = (costState: CostState) =>
      reportOf(aTable({ rows: [] }), {}, { rate: { ...rate, costState } }).forecast;
    const { usdPerHour, usdPerHourState, tokensPerMinute } = forecastOf("unpriced");
    assert.deepEqual([usdPerHour, usdPerHourState, tokensPerMinute], [null, "unpriced", 7]);
    assert.deepEqual(forecastOf("partial").usdPerHourState, "partial");
  });

  it("starts days at the zone's midnight, even when the clocks change", () => {
    const berlin = { timeZone: "Europe/Berlin" };
    // The clocks went forward on 29 March 2026: that day has 23 hours.
    const nowMs = Date.UTC(2026, 2, 30, 21, 30);
    assert.equal(periodStartMs("today", nowMs, berlin), Date.UTC(2026, 2, 29, 22));
    assert.equal(periodStartMs("7d", nowMs, berlin), Date.UTC(2026, 2, 23, 23));
    assert.equal(periodStartMs("all", nowMs, berlin), undefined);
  });
});

describe("list_sessions", () => {
  const state = stateWith(
    aServer({
      id: "http://127.0.0.1:4096",
      name: "local",
      sessions: [
        aSession({ id: "old", updatedMs: 1, costUSD: 0.5, tokens: 10 }),
        aSession({ id: "new", updatedMs: 3, directory: "/other" }),
        aSession({ id: "child", parentID: "old", updatedMs: 4, costUSD: 0.25, tokens: 5 }),
        aSession({ id: "away", updatedMs: 2, archivedMs: 9 }),
      ],
    }),
  );
  const listOf = (options: Partial<Parameters<typeof sessionList>[1]> = {}) => {
    const list = sessionList(state, {
      limit: 20,
      includesChildren: false,
      includesArchived: false,
      ...options,
    });
    assert.ok(isList(JSON.parse(JSON.stringify(list))), JSON.stringify(isList.errors));
    return list;
  };
  const idsOf = (options?: Parameters<typeof listOf>[0]) =>
    listOf(options).sessions.map(({ sessionID }) => sessionID);

  it("lists the requested sessions, last changed first, with figures for whole trees", () => {
    assert.deepEqual(idsOf(), ["new", "old"]);
    assert.deepEqual(idsOf({ includesChildren: true }), ["child", "new", "old"]);
    assert.deepEqual(idsOf({ includesArchived: true }), ["new", "away", "old"]);
    assert.deepEqual(idsOf({ directory: "/other" }), ["new"]);
    const old = listOf().sessions.find(({ sessionID }) => sessionID === "old");
    assert.deepEqual([old?.sessions, old?.totalTokens, old?.cost], [2, 15, 0.75]);
    const child = listOf({ includesChildren: true }).sessions[0];
    assert.deepEqual([child?.parentID, child?.rootID], ["old", "old"]);
  });

  it("counts the sessions a limit leaves out", () => {
    const list = listOf({ limit: 1 });
    assert.deepEqual([list.sessions.length, list.more], [1, 1]);
  });
});
