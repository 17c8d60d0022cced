import assert from "node:assert/strict";

import type { Budget, BudgetUse } from "../../../src/core/usage/budget.ts";
import { US_DOLLARS } from "../../../src/core/usage/currency.ts";
import {
  budgetBar,
  budgetHint,
  budgetNames,
  budgetReached,
  budgetSubject,
  budgetWarning,
} from "../../../src/viewModels/usage/budgetText.ts";
import { formatMoney } from "../../../src/viewModels/text/money.ts";
import { usageBudgets } from "../../../src/viewModels/usage/usageBudgets.ts";
import { usageNames } from "../../../src/viewModels/usage/usageNames.ts";
import { aLedgerSession, aTable } from "../../support/seed/ledger.ts";
import { taskHint } from "../../../src/viewModels/usage/taskHint.ts";

const EUROS = { code: "EUR", perUSD: 0.5 };
const names = {
  titleOf: (id: string) => (id === "ses_1" ? "Fix [login] `now`" : undefined),
  projectOf: (key: string) => (key === "p" ? "app" : undefined),
  placeOf: () => "This machine",
};

function aUse(
  used: number,
  budget: Partial<Budget> = {},
  rest: Partial<BudgetUse> = {},
): BudgetUse {
  const limit = budget.limit ?? 10;
  return {
    budget: { id: "b", period: "daily", limit, unit: "USD", counts: "recorded", ...budget },
    treeID: undefined,
    startMs: 0,
    endMs: 1,
    used,
    limit,
    percent: (used / limit) * 100,
    overshoot: Math.max(0, used - limit),
    estimated: 0,
    unpricedTokens: 0,
    ...rest,
  };
}

describe("money", () => {
  it("keeps its cost state in another currency", () => {
    assert.equal(formatMoney(0.23, US_DOLLARS, "estimated"), "~$0.23");
    assert.equal(formatMoney(2.46, EUROS), "€1.23");
    assert.equal(formatMoney(2.46, EUROS, "estimated"), "~€1.23");
    assert.equal(formatMoney(2.46, EUROS, "partial"), "≥ €1.23");
    assert.equal(formatMoney(2.46, EUROS, "unpriced"), "–");
    assert.equal(formatMoney(Number.NaN, EUROS), "–");
    assert.equal(formatMoney(0, EUROS), "€0.00");
    assert.equal(formatMoney(0.0068, EUROS), "€0.0034");
    assert.equal(formatMoney(0.00001, EUROS), "<€0.0001");
    assert.equal(formatMoney(2469.12, EUROS), "€1,234.56");
    assert.equal(formatMoney(10, { code: "JPY", perUSD: 150 }), "¥1,500");
    assert.equal(formatMoney(1, { code: "XQZ", perUSD: 2 }).replace(/\s/g, " "), "XQZ 2.00");
  });
});

describe("a budget in words", () => {
  it("says what it applies to", () => {
    assert.equal(budgetSubject(aUse(1), names), "today");
    assert.equal(
      budgetSubject(aUse(1, { period: "weekly", projectKey: "p", placeID: "x" }), names),
      "this week in app on This machine",
    );
    const session = aUse(1, { period: "session" }, { treeID: "ses_1" });
    assert.equal(budgetSubject(session, names), "the session “Fix [login] `now`”");
    assert.equal(budgetSubject({ ...session, treeID: "gone" }, names), "the session");
  });

  it("names projects and servers like the views", () => {
    const table = aTable({
      places: [{ id: "sqlite:/db", name: "This machine" }],
      sessions: ["/shop/app", "/lab/app"].map((directory, at) =>
        aLedgerSession({
          id: `ses_${String(at)}`,
          projectID: `p${String(at)}`,
          directory,
          placeID: "sqlite:/db",
        }),
      ),
      rows: [],
    });
    const shown = usageNames(table, new Map([["sqlite:/db", "box"]]));
    const use = aUse(1, { projectKey: "p1", placeID: "sqlite:/db" });
    assert.equal(budgetSubject(use, budgetNames(table, shown)), "today in lab/app on box");
    const [bar] = usageBudgets([use], undefined, 0, table, shown);
    assert.equal(bar?.title, "Today · lab/app · box");
    const away = aUse(1, { projectKey: "gone" });
    assert.equal(budgetSubject(away, budgetNames(table, shown)), "today in gone");
  });

  it("says which cost counts, how much is over, and what is unpriced", () => {
    const at = (use: BudgetUse) => budgetWarning(use, names, US_DOLLARS);
    assert.equal(
      at(aUse(8.2)),
      "Budget for today: 82% used, $8.20 of $10.00 (recorded cost only).",
    );
    assert.equal(
      at(aUse(9, { counts: "estimated" }, { estimated: 3 })),
      "Budget for today: 90% used, ~$9.00 of $10.00 ($3.00 of it estimated from list prices).",
    );
    assert.equal(
      at(aUse(9, { counts: "estimated" }, { unpricedTokens: 5 })),
      "Budget for today: 90% used, ≥ $9.00 of $10.00 (recorded cost).",
    );
    assert.equal(
      at(aUse(450_000, { unit: "tokens", limit: 500_000 })),
      "Budget for today: 90% used, 450k of 500k tokens.",
    );
    assert.equal(
      budgetReached(aUse(10.4), names, US_DOLLARS, { busySessions: 2 }),
      "The budget for today has been reached: $10.40 of $10.00, $0.40 over (recorded cost only). 2 sessions running: stop?",
    );
    assert.match(
      budgetReached(aUse(10), names, EUROS, { busySessions: 0 }),
      /€5\.00 of €5\.00 \(recorded cost only\)\. Nothing is running\.$/,
    );
    assert.match(
      budgetReached(aUse(12), names, US_DOLLARS, { stopped: 1 }),
      /Stopped: 1 running session\.$/,
    );
  });

  it("says what is left above a prompt, or that the budget has been reached", () => {
    assert.equal(budgetHint([aUse(8)], names, US_DOLLARS)?.text, "$2.00 left for today");
    assert.equal(
      budgetHint([aUse(8), aUse(10)], names, US_DOLLARS)?.text,
      "The budget for today has been reached",
    );
  });

  it("has a bar that is full only if the budget is used up, and empty only if nothing is used", () => {
    assert.deepEqual([0, 0.1, 9, 63, 99.9, 100, 250, Number.NaN].map(budgetBar), [
      "▱▱▱▱▱▱▱▱▱▱",
      "▰▱▱▱▱▱▱▱▱▱",
      "▰▱▱▱▱▱▱▱▱▱",
      "▰▰▰▰▰▰▱▱▱▱",
      "▰▰▰▰▰▰▰▰▰▱",
      "▰▰▰▰▰▰▰▰▰▰",
      "▰▰▰▰▰▰▰▰▰▰",
      "▱▱▱▱▱▱▱▱▱▱",
    ]);
  });
});

describe("the likely cost of a task", () => {
  const cost = {
    likeness: "title",
    agent: "build",
    what: "review pr",
    seen: 12,
    medianUSD: 0.4,
    lowestUSD: 0.1,
    highestUSD: 2.3,
    medianTokens: 1000,
    isEstimated: false,
    sessionIDs: [],
  } as const;

  it("says how many samples it is based on, and of what kind", () => {
    const { text, tooltip } = taskHint(cost, US_DOLLARS);
    assert.equal(text, "Similar tasks: ~$0.40 (12 samples)");
    assert.equal(
      tooltip,
      "12 sessions with titles like “review pr” by the agent “build”, each with its sub-sessions: $0.10 to $2.30, median $0.40.",
    );
    const command = taskHint(
      { ...cost, likeness: "command", what: "review", isEstimated: true },
      EUROS,
    );
    assert.equal(command.text, "Tasks of /review: ~€0.20 (12 samples)");
    assert.match(command.tooltip, /Some of it is estimated from list prices\.$/);
    assert.equal(
      taskHint({ ...cost, likeness: "agent", what: "" }, US_DOLLARS).text,
      "Tasks by the agent “build”: ~$0.40 (12 samples)",
    );
  });
});
