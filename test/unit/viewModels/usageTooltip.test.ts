import assert from "node:assert/strict";

import type { Budget, BudgetUse } from "../../../src/core/usage/budget.ts";
import { US_DOLLARS } from "../../../src/core/usage/currency.ts";
import { NO_USAGE } from "../../../src/core/usage/usage.ts";
import { type UsageTooltip, usageTooltip } from "../../../src/viewModels/usage/usageTooltip.ts";
import { NOW_MS } from "../../support/seed/builders.ts";
import { NO_LEDGER_SUM } from "../../support/seed/ledger.ts";

const HOUR = 3_600_000;
const names = { titleOf: () => "A *title*", projectOf: () => undefined, placeOf: () => undefined };
const nothing: UsageTooltip["snapshot"] = {
  budgets: [],
  currency: US_DOLLARS,
  rate: undefined,
  projection: {
    todayUSD: 3,
    todayState: "recorded",
    monthState: "recorded",
    endOfDayState: "recorded",
    endOfMonthState: "recorded",
    endOfDayUSD: undefined,
    monthUSD: 9,
    endOfMonthUSD: undefined,
  },
  fill: undefined,
  nowMs: NOW_MS,
};
const rate = {
  usdPerHour: 3,
  costState: "recorded" as const,
  recordedUSDPerHour: 3,
  tokensPerMinute: 45_000,
  answers: 7,
};

function aUse(used: number, budget: Partial<Budget> = {}, treeID?: string): BudgetUse {
  return {
    budget: { id: "b", period: "daily", limit: 10, unit: "USD", counts: "recorded", ...budget },
    treeID,
    startMs: NOW_MS - HOUR,
    endMs: NOW_MS + 8 * HOUR,
    used,
    limit: 10,
    percent: used * 10,
    overshoot: Math.max(0, used - 10),
    estimated: 0,
    unpricedTokens: 0,
  };
}

/** All forecasts at once, and at odds: a budget that the rate exhausts in two hours, and the projection does not reach. */
function everyForecast(): string {
  const turn = {
    startMs: 0,
    usage: NO_USAGE,
    isEnded: true,
    isCompacted: false,
  };
  return usageTooltip({
    snapshot: {
      ...nothing,
      budgets: [aUse(4)],
      rate: { ...rate, answers: 9 },
      projection: {
        todayUSD: 4,
        todayState: "recorded",
        monthState: "recorded",
        endOfDayState: "recorded",
        endOfMonthState: "recorded",
        endOfDayUSD: 8,
        monthUSD: 45,
        endOfMonthUSD: 120,
      },
    },
    names,
    session: {
      tree: NO_LEDGER_SUM,
      budgets: [],
      rate,
      turns: [10_000, 20_000, 30_000, 40_000].map((contextTokens) => ({
        ...turn,
        contextTokens,
      })),
      contextLimit: 100_000,
    },
  }).replaceAll("\\", "");
}

describe("the usage tooltip", () => {
  it("is empty if there is too little data", () => {
    assert.equal(usageTooltip({ snapshot: nothing, names, session: undefined }), "");
  });

  it("has a bar for each budget, the session's own first, without those of other sessions", () => {
    const text = usageTooltip({
      snapshot: {
        ...nothing,
        budgets: [aUse(6.3), aUse(12, { period: "session" }, "other")],
      },
      names,
      session: {
        tree: NO_LEDGER_SUM,
        budgets: [aUse(6.3), aUse(12, { period: "session" }, "own")],
        rate: undefined,
        turns: undefined,
        contextLimit: undefined,
      },
    });
    assert.deepEqual(text.split("  \n"), [
      "**Budgets**",
      "▰▰▰▰▰▰▰▰▰▰ **120%** the session “A \\*title\\*”: \\$12\\.00 of \\$10\\.00\\, \\$2\\.00 over\\, recorded cost only",
      "▰▰▰▰▰▰▱▱▱▱ **63%** today: \\$6\\.30 of \\$10\\.00\\, recorded cost only",
    ]);
  });

  it("shows the rate, how long the context and budgets last, and the projection", () => {
    const text = everyForecast();
    assert.match(text, /This session: \$3\.00\/h · 45k tokens\/min/);
    assert.match(text, /All sessions: \$3\.00\/h · 45k tokens\/min/);
    assert.match(text, /Context full after about 6 turns at the recent rate/);
    assert.match(
      text,
      /At the current rate \(last 15 minutes\)[^]*Daily budget will be reached at \d\d:\d\d, in 2h 00m/,
    );
    assert.match(text, /Projected from the last 28 days[^]*Today: \$4/);
    assert.match(text, /Today: \$4\.00 so far, projected \$8\.00 by end of day/);
    assert.match(text, /This month: \$45\.00 so far, projected \$120\.00 by end of month/);
  });

  it("lets no forecast contradict another: each block says its one base, and answers what no other does", () => {
    const bases = [/last 15 minutes/, /last 28 days/, /at the recent rate/];
    const answers = [
      /budget will be reached at/,
      /by end of day/,
      /by end of month/,
      /Context full/,
    ];
    const blocks = everyForecast()
      .split("\n\n")
      .filter((block) => answers.some((answer) => answer.test(block)));
    const basesOf = (block: string): readonly string[] =>
      bases.filter((base) => base.test(block)).map(String);
    for (const block of blocks) assert.equal(basesOf(block).length, 1, block);
    assert.deepEqual(blocks.flatMap(basesOf).sort(), bases.map(String).sort());
    for (const answer of answers) {
      assert.equal(blocks.filter((block) => answer.test(block)).length, 1, String(answer));
    }
  });

  it("does not predict a project budget's end from the overall rate", () => {
    const text = usageTooltip({
      snapshot: { ...nothing, budgets: [aUse(9, { projectKey: "p" }), aUse(4)], rate },
      names,
      session: undefined,
    }).replaceAll("\\", "");
    assert.match(text, /Daily budget will be reached at \d\d:\d\d, in 2h 00m/);
  });

  it("shows what was also spent, what is copied, and how much of the history is read", () => {
    const text = usageTooltip({
      snapshot: {
        ...nothing,
        fill: { name: "x", progress: { sessions: 3, allSessions: 9, rows: 1 } },
      },
      names,
      session: {
        tree: {
          ...NO_LEDGER_SUM,
          alsoSpent: { ...NO_USAGE, recordedUSD: 0.4 },
          copied: { ...NO_USAGE, recordedUSD: 0.2 },
        },
        budgets: [],
        rate: undefined,
        turns: undefined,
        contextLimit: undefined,
      },
    }).replaceAll("\\", "");
    assert.match(text, /Deleted or reverted: \$0\.40, no longer on the server/);
    assert.match(
      text,
      /\$0\.20 was copied from the session it was forked from, and was spent there/,
    );
    assert.match(text, /Reading the history: 3 of 9 sessions/);
  });
});
