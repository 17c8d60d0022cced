import assert from "node:assert/strict";
import { type Budget, budgetUse } from "../../../src/core/usage/budget.ts";
import {
  budgetReachedMs,
  projectSpending,
  turnsUntilFull,
  usageRate,
} from "../../../src/core/usage/forecast.ts";
import type { PriceTable } from "../../../src/core/ledger/ledgerQuery.ts";
import { sessionTurns, type Turn } from "../../../src/core/ledger/sessionTurns.ts";
import { projectKeyOf } from "../../../src/core/ledger/table.ts";
import type { LedgerRow } from "../../../src/history/ledgerRow.ts";
import { NO_USAGE } from "../../../src/core/usage/usage.ts";
import { someTokens } from "../../support/seed/builders.ts";
import { aLedgerSession, aRow, aTable, LEDGER_MS } from "../../support/seed/ledger.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NO_PRICES = new Map<string, never>();
const UTC = { timeZone: "UTC" };

describe("the usage rate", () => {
  const rows = (...minutesAgo: number[]): LedgerRow[] =>
    minutesAgo.map((minutes, index) =>
      aRow({
        messageID: `m${index}`,
        createdMs: LEDGER_MS - minutes * MINUTE,
        costUSD: 0.5,
        tokens: someTokens({ input: 900, output: 100 }),
      }),
    );
  const rate = (...minutesAgo: number[]) =>
    usageRate(aTable({ rows: rows(...minutesAgo) }), LEDGER_MS, {}, NO_PRICES);

  it("covers the last 15 minutes, starting at the first answer", () => {
    assert.deepEqual(rate(10, 6, 2), {
      usdPerHour: 9,
      costState: "recorded" as const,
      recordedUSDPerHour: 9,
      tokensPerMinute: 300,
      answers: 3,
    });
    assert.deepEqual(rate(40, 16, 10, 6, 2), {
      usdPerHour: 9,
      costState: "recorded" as const,
      recordedUSDPerHour: 9,
      tokensPerMinute: 300,
      answers: 3,
    });
  });

  it("is unknown with too little data", () => {
    assert.equal(rate(), undefined);
    assert.equal(rate(10, 5), undefined);
    assert.equal(rate(0.9, 0.5, 0.1), undefined);
    assert.equal(rate(30, 29, 28), undefined);
    assert.ok(rate(1, 0.5, 0.1) !== undefined);
  });

  it("is never higher for a part than for the whole, which began earlier", () => {
    const late = rows(3, 2, 1).map((row) => ({ ...row, messageID: `l${row.messageID}` }));
    const table = aTable({
      sessions: [aLedgerSession({ id: "early" }), aLedgerSession({ id: "late" })],
      rows: [
        ...rows(12).map((row) => ({ ...row, sessionID: "early" })),
        ...late.map((row) => ({ ...row, sessionID: "late" })),
      ],
    });
    const whole = usageRate(table, LEDGER_MS, {}, NO_PRICES);
    const part = usageRate(table, LEDGER_MS, { treeIDs: new Set(["late"]) }, NO_PRICES);
    // All four answers, and three of them, each over the twelve minutes since the first.
    assert.equal(whole?.usdPerHour, 10);
    assert.equal(part?.usdPerHour, 7.5);
    assert.equal(part.tokensPerMinute, 250);
  });

  it("carries the cost state of its costs", () => {
    const [first, second, third] = rows(10, 6, 2);
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    const free = { ...third, costUSD: 0, modelID: "free" };
    const stateOf = (last: LedgerRow, prices: PriceTable = NO_PRICES) =>
      usageRate(aTable({ rows: [first, second, last] }), LEDGER_MS, {}, prices)?.costState;
    assert.equal(stateOf(third), "recorded");
    assert.equal(stateOf(free), "partial");
    const price = { input: 1, output: 1, cacheRead: 0, cacheWrite: 0 };
    assert.equal(stateOf(free, new Map([["acme/free", price]])), "estimated");
  });

  it("covers what the query selects, without copies", () => {
    const table = aTable({
      sessions: [
        aLedgerSession({ id: "a", createdMs: LEDGER_MS - DAY }),
        aLedgerSession({ id: "fork", createdMs: LEDGER_MS }),
      ],
      rows: [
        ...rows(10, 6, 2).map((row) => ({ ...row, sessionID: "a" })),
        ...rows(10, 6, 2).map((row) => ({
          ...row,
          sessionID: "fork",
          messageID: `f${row.messageID}`,
        })),
      ],
    });
    assert.equal(usageRate(table, LEDGER_MS, {}, NO_PRICES)?.usdPerHour, 9);
    assert.equal(usageRate(table, LEDGER_MS, { treeIDs: new Set(["fork"]) }, NO_PRICES), undefined);
  });
});

describe("turns until the context is full", () => {
  const turns = (...contexts: (number | undefined | "compacted")[]): Turn[] =>
    contexts.map((context) => ({
      startMs: 0,
      usage: NO_USAGE,
      contextTokens: context === "compacted" ? 9000 : context,
      isEnded: true,
      isCompacted: context === "compacted",
    }));

  it("are predicted from the mean growth of the last turns", () => {
    assert.equal(turnsUntilFull(turns(10_000, 20_000, 30_000, 40_000), 100_000), 6);
    assert.equal(turnsUntilFull(turns(10_000, 10_500, undefined, 30_000, 40_000), 100_000), 6);
    assert.equal(turnsUntilFull(turns(10_000, 20_000, 30_000, 40_000), 35_000), 0);
    // Only the last eight increases count.
    assert.equal(
      turnsUntilFull(
        turns(0, 90_000, ...Array.from({ length: 8 }, (_, at) => 91_000 + at * 1000)),
        100_000,
      ),
      2,
    );
  });

  it("start over after a compaction", () => {
    assert.equal(turnsUntilFull(turns(80_000, "compacted", 10_000, 11_000), 100_000), undefined);
    assert.equal(
      turnsUntilFull(turns(80_000, "compacted", 10_000, 11_000, 12_000, 13_000), 100_000),
      87,
    );
  });

  it("are unknown with too few turns, without a limit or without growth", () => {
    assert.equal(turnsUntilFull(turns(10_000, 20_000, 30_000), 100_000), undefined);
    assert.equal(turnsUntilFull(turns(1, 2, 3, 4, 5), undefined), undefined);
    assert.equal(turnsUntilFull(turns(1, 2, 3, 4, 5), 0), undefined);
    assert.equal(turnsUntilFull(turns(5, 5, 5, 5, 5), 100), undefined);
    assert.equal(turnsUntilFull(turns(9, 8, 7, 6, 5), 100), undefined);
  });

  it("are read from the ledger's turns", () => {
    const at = (minute: number, overrides: Partial<LedgerRow>): LedgerRow =>
      aRow({
        messageID: `m${minute}`,
        sessionID: "s",
        createdMs: LEDGER_MS + minute * MINUTE,
        costUSD: 0.1,
        ...overrides,
      });
    const table = aTable({
      sessions: [aLedgerSession({ id: "s" })],
      rows: [
        at(2, { endsTurn: true, tokens: someTokens({ input: 200, output: 20 }) }),
        at(1, { tokens: someTokens({ input: 100, output: 10 }) }),
        at(3, { isSummary: true, tokens: someTokens({ input: 500, output: 5 }) }),
        at(4, { endsTurn: true, tokens: someTokens({ input: 50, output: 5 }) }),
        at(5, { isGone: true, endsTurn: true }),
        at(6, { tokens: someTokens({ input: 60, output: 0 }) }),
      ],
    });
    assert.deepEqual(
      sessionTurns(table, "s").map(({ usage, contextTokens, isEnded, isCompacted }) => [
        usage.tokens.input,
        contextTokens,
        isEnded,
        isCompacted,
      ]),
      [
        [300, 220, true, false],
        [550, 55, true, true],
        [60, undefined, false, false],
      ],
    );
    assert.deepEqual(sessionTurns(table, "unknown"), []);
  });
});

describe("the time when a budget is used up", () => {
  const budget = (overrides: Partial<Budget>): Budget => ({
    id: "b",
    period: "daily",
    limit: 10,
    unit: "USD",
    counts: "recorded",
    ...overrides,
  });
  const table = aTable({
    rows: [
      aRow({
        messageID: "m",
        createdMs: LEDGER_MS - MINUTE,
        costUSD: 4,
        tokens: someTokens({ input: 1000, output: 0 }),
      }),
    ],
  });
  const rate = {
    usdPerHour: 6,
    costState: "recorded" as const,
    recordedUSDPerHour: 3,
    tokensPerMinute: 100,
    answers: 5,
  };
  const reached = (overrides: Partial<Budget>, atRate: typeof rate | undefined = rate) => {
    const context = { table, prices: NO_PRICES, calendar: UTC, nowMs: LEDGER_MS };
    const use = budgetUse(context, budget(overrides), "ses_1");
    return budgetReachedMs(use, { all: atRate }, LEDGER_MS);
  };

  it("follows from the current rate", () => {
    assert.equal(reached({}), LEDGER_MS + 2 * HOUR);
    assert.equal(reached({ counts: "estimated" }), LEDGER_MS + HOUR);
    assert.equal(reached({ unit: "tokens", limit: 1500 }), LEDGER_MS + 5 * MINUTE);
  });

  it("follows from the rate of the budget's own scope, and is unknown without it", () => {
    const context = { table, prices: NO_PRICES, calendar: UTC, nowMs: LEDGER_MS };
    const at = (overrides: Partial<Budget>, treeID?: string) =>
      budgetReachedMs(
        budgetUse(context, budget(overrides), treeID),
        { all: rate, tree: { ...rate, costState: "recorded" as const, recordedUSDPerHour: 1 } },
        LEDGER_MS,
      );
    assert.equal(at({}), LEDGER_MS + 2 * HOUR);
    assert.equal(at({ period: "session", limit: 100 }, "ses_1"), LEDGER_MS + 96 * HOUR);
    assert.equal(reached({ period: "session", limit: 100 }), undefined);
    const [session] = table.sessions;
    assert.ok(session !== undefined);
    assert.equal(at({ projectKey: projectKeyOf(session) }), undefined);
    assert.equal(at({ placeID: session.placeID }), undefined);
  });

  it("is unknown if the period ends first, if the budget is already used up, or without a rate", () => {
    assert.equal(reached({ limit: 100 }), undefined);
    assert.equal(reached({ limit: 3 }), undefined);
    assert.equal(
      reached(
        {},
        {
          usdPerHour: 0,
          costState: "recorded" as const,
          recordedUSDPerHour: 0,
          tokensPerMinute: 0,
          answers: 5,
        },
      ),
      undefined,
    );
    const context = { table, prices: NO_PRICES, calendar: UTC, nowMs: LEDGER_MS };
    assert.equal(
      budgetReachedMs(budgetUse(context, budget({})), { all: undefined }, LEDGER_MS),
      undefined,
    );
  });
});

describe("the projected cost of a day and a month", () => {
  // Monday the 2nd, 09:00 UTC.
  const nowMs = LEDGER_MS;
  const spend = (daysAgo: number, hour: number, costUSD: number): LedgerRow =>
    aRow({
      messageID: `m${daysAgo}-${hour}`,
      createdMs: nowMs - 9 * HOUR - daysAgo * DAY + hour * HOUR,
      costUSD,
    });
  const project = (...rows: LedgerRow[]) =>
    projectSpending(aTable({ rows }), nowMs, UTC, {}, NO_PRICES);

  it("adds what past days with usage cost after this time of day", () => {
    const projection = project(
      spend(0, 8, 1),
      spend(1, 8, 100),
      spend(1, 20, 2),
      spend(2, 12, 4),
      spend(5, 23, 6),
    );
    assert.equal(projection.todayUSD, 1);
    assert.equal(projection.endOfDayUSD, 5);
    // Only the 1st belongs to this month.
    assert.equal(projection.monthUSD, 103);
    assert.equal(projection.endOfMonthUSD, undefined);
  });

  it("adds the mean day for each remaining day of the month", () => {
    const projection = project(
      spend(0, 8, 1),
      ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((day) => spend(day, 12, day <= 4 ? 5 : 0.5)),
    );
    // Ten days cost 23 in total; 29 days remain. The rest of today costs their mean after nine o'clock.
    assert.equal(projection.endOfDayUSD, 1 + 2.3);
    assert.ok(Math.abs((projection.endOfMonthUSD ?? 0) - (1 + 5 + 2.3 + 29 * 2.3)) < 1e-9);
  });

  it("carries the cost state of all the days it is based on", () => {
    const free = { ...spend(2, 12, 0), modelID: "free" };
    const days = [1, 2, 3, 4, 5, 6, 7].map((day) => spend(day, 13, 1));
    const projection = project(spend(0, 8, 1), ...days, free);
    assert.deepEqual(
      [projection.todayState, projection.endOfDayState, projection.endOfMonthState],
      ["recorded", "partial", "partial"],
    );
    const before = project(spend(0, 8, 1), ...days, { ...spend(2, 3, 0), modelID: "free" });
    assert.deepEqual([before.endOfDayState, before.endOfMonthState], ["recorded", "partial"]);
  });

  it("counts past idle days, and predicts nothing for a day without usage", () => {
    const projection = project(spend(20, 12, 28), spend(1, 3, 2));
    assert.equal(projection.todayUSD, 0);
    assert.equal(projection.endOfDayUSD, undefined);
    // 30 dollars in 20 days: 1.50 a day.
    assert.ok(Math.abs((projection.endOfMonthUSD ?? 0) - (2 + 29 * 1.5)) < 1e-9);
  });

  it("is unknown with too little usage", () => {
    assert.deepEqual(project(), {
      todayUSD: 0,
      todayState: "recorded",
      monthState: "recorded",
      endOfDayState: "recorded",
      endOfMonthState: "recorded",
      endOfDayUSD: undefined,
      monthUSD: 0,
      endOfMonthUSD: undefined,
    });
    const { endOfDayUSD, endOfMonthUSD } = project(
      spend(0, 8, 1),
      spend(1, 12, 1),
      spend(2, 12, 1),
    );
    assert.equal(endOfDayUSD, undefined);
    assert.equal(endOfMonthUSD, undefined);
  });
});
