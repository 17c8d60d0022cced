import assert from "node:assert/strict";
import {
  type Budget,
  type BudgetUse,
  budgetUse,
  isBudgetFor,
} from "../../../src/core/usage/budget.ts";
import {
  budgetAlerts,
  type BudgetMemory,
  isSnoozed,
  muteBudget,
  NO_BUDGET_MEMORY,
  parseBudgetMemory,
  snoozeBudget,
} from "../../../src/core/usage/budgetAlerts.ts";
import type { LedgerTable } from "../../../src/core/ledger/table.ts";
import { someTokens } from "../../support/seed/builders.ts";
import { aLedgerSession, aRow, aTable } from "../../support/seed/ledger.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
// 15:30 in Berlin, on a Sunday on which the clocks change there.
const NOW = Date.UTC(2026, 2, 29, 13, 30);
const PRICES = new Map([["acme/sonnet", { input: 3, output: 15, cacheRead: 0, cacheWrite: 0 }]]);

function aBudget(overrides: Partial<Budget> = {}): Budget {
  return { id: "b", period: "daily", limit: 10, unit: "USD", counts: "recorded", ...overrides };
}

function use(table: LedgerTable, budget: Partial<Budget>, treeID?: string): BudgetUse {
  const context = { table, prices: PRICES, calendar: { timeZone: "Europe/Berlin" }, nowMs: NOW };
  return budgetUse(context, aBudget(budget), treeID);
}

describe("budgets", () => {
  const at = (name: string, agoMs: number, costUSD: number, sessionID = "root") =>
    aRow({ messageID: name, sessionID, createdMs: NOW - agoMs, costUSD });

  it("count what was used in the local hour, day, week or month", () => {
    const table = aTable({
      rows: [
        at("now", 10 * MINUTE, 1),
        at("earlier this hour", 29 * MINUTE, 2),
        at("last hour", 31 * MINUTE, 4),
        // Local midnight was 14.5 hours ago: the clocks went forward.
        at("this morning", 14 * HOUR + 29 * MINUTE, 8),
        at("yesterday", 14 * HOUR + 31 * MINUTE, 16),
        at("Monday", 6 * 24 * HOUR, 32),
        at("last Sunday", 7 * 24 * HOUR, 64),
        at("the first", 27 * 24 * HOUR, 128),
        at("last month", 40 * 24 * HOUR, 256),
      ],
    });
    assert.equal(use(table, { period: "hourly" }).used, 3);
    assert.equal(use(table, { period: "daily" }).used, 15);
    assert.equal(use(table, { period: "weekly" }).used, 63);
    assert.equal(use(table, { period: "monthly" }).used, 255);
    const daily = use(table, { period: "daily" });
    assert.equal(daily.startMs, Date.UTC(2026, 2, 28, 23));
    assert.equal(daily.endMs, Date.UTC(2026, 2, 29, 22));
    assert.equal(daily.limit, 10);
    assert.equal(daily.percent, 150);
    assert.equal(daily.overshoot, 5);
    assert.equal(use(table, { period: "hourly" }).overshoot, 0);
  });

  it("count a session with everything it started, at any time", () => {
    const table = aTable({
      sessions: [
        aLedgerSession({ id: "root", createdMs: NOW - 90 * 24 * HOUR }),
        aLedgerSession({ id: "child", parentID: "root", createdMs: NOW - 90 * 24 * HOUR }),
        aLedgerSession({ id: "other", createdMs: NOW - 90 * 24 * HOUR }),
      ],
      rows: [at("a", 80 * 24 * HOUR, 1), at("b", HOUR, 2, "child"), at("c", HOUR, 4, "other")],
    });
    const session = use(table, { period: "session" }, "root");
    assert.equal(session.used, 3);
    assert.equal(session.treeID, "root");
    assert.equal(use(table, { period: "session" }).used, 0);
    assert.equal(use(table, { period: "daily" }, "root").treeID, undefined);
  });

  it("cover a single project or place if they name one", () => {
    const table = aTable({
      sessions: [
        aLedgerSession({ id: "root", placeID: "db" }),
        aLedgerSession({ id: "lib", projectID: "project-lib", placeID: "far" }),
      ],
      rows: [at("a", HOUR, 1), at("b", HOUR, 2, "lib")],
    });
    assert.equal(use(table, {}).used, 3);
    assert.equal(use(table, { projectKey: "project-lib" }).used, 2);
    assert.equal(use(table, { placeID: "db" }).used, 1);
    assert.equal(use(table, { placeID: "db", projectKey: "project-lib" }).used, 0);
    const lib = { projectKey: "project-lib", placeID: "far" };
    assert.equal(isBudgetFor(aBudget(), lib), true);
    assert.equal(isBudgetFor(aBudget({ projectKey: "project-lib" }), lib), true);
    assert.equal(isBudgetFor(aBudget({ placeID: "db" }), lib), false);
  });

  it("count recorded costs only, list prices too, or tokens", () => {
    const tokens = someTokens({ input: 1_000_000, output: 0 });
    const recent = { createdMs: NOW - MINUTE, tokens, costUSD: 0 };
    const table = aTable({
      rows: [
        at("recorded", MINUTE, 2),
        aRow({ ...recent, messageID: "subscription" }),
        aRow({ ...recent, messageID: "unpriced", modelID: "local" }),
      ],
    });
    const recorded = use(table, { counts: "recorded" });
    assert.equal(recorded.used, 2);
    assert.equal(recorded.estimated, 0);
    const estimated = use(table, { counts: "estimated" });
    assert.equal(estimated.used, 5);
    assert.equal(estimated.estimated, 3);
    assert.equal(estimated.unpricedTokens, 1_000_000);
    const counted = use(table, { unit: "tokens", limit: 4_000_000 });
    assert.equal(counted.used, 2_000_110);
    assert.equal(Math.round(counted.percent), 50);
  });

  it("count what the servers have forgotten, but no copies", () => {
    const table = aTable({
      sessions: [
        aLedgerSession({ id: "root", createdMs: NOW - 2 * HOUR }),
        aLedgerSession({ id: "fork", createdMs: NOW - MINUTE }),
      ],
      rows: [
        at("a", HOUR, 1),
        { ...at("b", 30 * MINUTE, 2), isGone: true },
        at("copy", HOUR, 1, "fork"),
      ],
    });
    assert.equal(use(table, {}).used, 3);
  });
});

describe("budget alerts", () => {
  const used = (amount: number, overrides: Partial<Budget> = {}): BudgetUse =>
    use(
      aTable({ rows: [aRow({ messageID: "m", createdMs: NOW - MINUTE, costUSD: amount })] }),
      overrides,
    );
  /** Applies the uses in turn; returns the alerts raised at each, and the final memory. */
  const alertsFor = (memory: BudgetMemory, ...uses: BudgetUse[]): [string[][], BudgetMemory] => {
    let last = memory;
    const kinds = uses.map((one) => {
      const { alerts, memory: next } = budgetAlerts([one], last, NOW);
      // As it is stored between two starts.
      last = parseBudgetMemory(JSON.parse(JSON.stringify(next)));
      return alerts.map(({ kind }) => kind);
    });
    return [kinds, last];
  };

  it("warn once at 80 % and ask once at 100 %, restarts included", () => {
    const [kinds] = alertsFor(
      NO_BUDGET_MEMORY,
      used(1),
      used(7.99),
      used(8),
      used(9),
      used(9.99),
      used(10),
      used(11),
      used(30),
    );
    assert.deepEqual(kinds, [[], [], ["warn"], [], [], ["reached"], [], []]);
  });

  it("do not warn about a budget that is already used up", () => {
    assert.deepEqual(alertsFor(NO_BUDGET_MEMORY, used(12), used(12))[0], [["reached"], []]);
  });

  it("start over with another period, limit, session or budget", () => {
    const [, memory] = alertsFor(NO_BUDGET_MEMORY, used(12));
    const next: BudgetUse = { ...used(12), startMs: NOW + HOUR };
    assert.deepEqual(alertsFor(memory, next)[0], [["reached"]]);
    assert.deepEqual(alertsFor(memory, used(12, { limit: 14 }))[0], [["warn"]]);
    assert.deepEqual(alertsFor(memory, used(12, { id: "other" }))[0], [["reached"]]);
    assert.deepEqual(alertsFor(memory, { ...used(12), treeID: "ses_1" })[0], [["reached"]]);
    assert.deepEqual(alertsFor(memory, used(12))[0], [[]]);
  });

  it("ask again once after a snooze", () => {
    const [, asked] = alertsFor(NO_BUDGET_MEMORY, used(12));
    const memory = snoozeBudget(asked, used(12), NOW + 10 * MINUTE, NOW);
    const at = (minutes: number, from: BudgetMemory) =>
      budgetAlerts([used(12)], from, NOW + minutes * MINUTE);
    assert.deepEqual(at(5, memory).alerts, []);
    const late = at(11, memory);
    assert.deepEqual(
      late.alerts.map(({ kind }) => kind),
      ["reached"],
    );
    assert.deepEqual(at(12, late.memory).alerts, []);
  });

  it("stay silent about a muted budget in every period, until its setting changes", () => {
    const muted = muteBudget(NO_BUDGET_MEMORY, used(9));
    const next: BudgetUse = { ...used(12), startMs: NOW + HOUR };
    assert.deepEqual(alertsFor(muted, used(9), used(12), next)[0], [[], [], []]);
    assert.deepEqual(alertsFor(muted, used(12, { limit: 11 }))[0], [["reached"]]);
    assert.deepEqual(alertsFor(muted, used(12, { id: "other" }))[0], [["reached"]]);
    const snoozed = snoozeBudget(muted, used(12), NOW + MINUTE, NOW);
    assert.deepEqual(budgetAlerts([used(12)], snoozed, NOW + 2 * MINUTE).alerts, []);
  });

  it("notify once while nothing is running, and ask once when something is", () => {
    let memory = NO_BUDGET_MEMORY;
    const at = (isAtWork: boolean): number => {
      const next = budgetAlerts([used(12)], memory, NOW, () => isAtWork);
      memory = parseBudgetMemory(JSON.parse(JSON.stringify(next.memory)));
      return next.alerts.length;
    };
    assert.deepEqual([false, false, true, true, false, true].map(at), [1, 0, 1, 0, 0, 0]);
    const snoozed = snoozeBudget(memory, used(12), NOW + HOUR, NOW);
    assert.equal(isSnoozed(snoozed, used(12), NOW), true);
    assert.equal(isSnoozed(snoozed, used(12, { limit: 11 }), NOW), false);
    assert.equal(isSnoozed(snoozed, used(12), NOW + HOUR), false);
  });

  it("cover several budgets at once, each separately", () => {
    const uses = [used(9), used(12, { id: "c" }), used(1, { id: "d" })];
    const { alerts } = budgetAlerts(uses, NO_BUDGET_MEMORY, NOW);
    assert.deepEqual(
      alerts.map(({ kind, use: { budget } }) => [budget.id, kind]),
      [
        ["b", "warn"],
        ["c", "reached"],
      ],
    );
  });

  it("forget marks that are no longer needed", () => {
    const { memory } = budgetAlerts([used(12)], NO_BUDGET_MEMORY, NOW);
    assert.equal(Object.keys(memory.marks).length, 1);
    const later = budgetAlerts([], memory, NOW + 100 * 24 * HOUR).memory;
    assert.deepEqual(later.marks, {});
  });

  it("treat an unreadable memory as empty", () => {
    for (const value of [
      undefined,
      null,
      7,
      "x",
      [],
      {},
      { version: 2, marks: {} },
      { version: 1 },
    ]) {
      assert.deepEqual(parseBudgetMemory(value), NO_BUDGET_MEMORY);
    }
    assert.deepEqual(
      parseBudgetMemory({ version: 1, marks: { a: 5, b: { keptMs: "x" } } }).marks,
      {},
    );
  });
});
