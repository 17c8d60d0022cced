import assert from "node:assert/strict";

import {
  parseUsageSettings,
  type RawUsageSettings,
} from "../../../src/core/usage/usageSettings.ts";

function parse(raw: Partial<RawUsageSettings>) {
  return parseUsageSettings({
    prices: undefined,
    currency: undefined,
    currencyRate: undefined,
    budgets: undefined,
    budgetCounts: undefined,
    stopsAtBudget: undefined,
    ...raw,
  });
}

describe("the usage settings", () => {
  it("are empty by default, without problems", () => {
    const { settings, problems } = parse({ currencyRate: null, currency: "" });
    assert.deepEqual(problems, []);
    assert.deepEqual(settings.currency, { code: "USD", perUSD: 1 });
    assert.deepEqual(settings.budgets, []);
    assert.equal(settings.budgetCounts, "estimated");
    assert.equal(settings.stopsAtBudget, false);
  });

  it("accept prices by model, with cached tokens priced as input unless specified", () => {
    const { settings, problems } = parse({
      prices: {
        "a/b": { input: 3, output: 15 },
        "a/c/d": { input: 0, output: 1.5, cacheRead: 0.1, cacheWrite: 2 },
      },
    });
    assert.deepEqual(problems, []);
    assert.deepEqual(settings.prices.get("a/b"), {
      input: 3,
      output: 15,
      cacheRead: 3,
      cacheWrite: 3,
    });
    assert.deepEqual(settings.prices.get("a/c/d")?.cacheRead, 0.1);
  });

  it("drop invalid prices, report which and why, and keep the others", () => {
    const { settings, problems } = parse({
      prices: {
        good: { input: 1, output: 1 },
        "/x": { input: 1, output: 1 },
        "a/1": 3,
        "a/2": { input: -1, output: 1 },
        "a/3": { input: 1 },
        "a/4": { input: 1, output: Number.NaN },
        "a/5": { input: 1, output: 1, cacheRead: "free" },
        "a/6": { input: 1, output: 1, reasoning: 1 },
        "a/7": { input: 1, output: 1 },
      },
    });
    assert.deepEqual([...settings.prices.keys()], ["a/7"]);
    assert.deepEqual(
      problems.map(({ key, message }) => `${key} ${message}`),
      [
        "prices “good” must be named provider/model",
        "prices “/x” must be named provider/model",
        "prices “a/1” must be an object with input and output in US dollars per million tokens",
        "prices “a/2” needs “input”, a number of at least 0",
        "prices “a/3” needs “output”, a number of at least 0",
        "prices “a/4” needs “output”, a number of at least 0",
        "prices “a/5” has a “cacheRead” that is not a number of at least 0",
        "prices “a/6” has an unknown field “reasoning”",
      ],
    );
    assert.equal(parse({ prices: [1] }).problems.length, 1);
  });

  it("use another currency only if its rate is set", () => {
    assert.deepEqual(parse({ currency: "EUR", currencyRate: 0.92 }).settings.currency, {
      code: "EUR",
      perUSD: 0.92,
    });
    // The dollar needs no rate and ignores one.
    assert.deepEqual(parse({ currency: "USD", currencyRate: 2 }).settings.currency.perUSD, 1);
    const without = parse({ currency: "EUR" });
    assert.equal(without.settings.currency.code, "USD");
    assert.match(without.problems[0]!.message, /is required to show EUR/);
    for (const currencyRate of [0, -1, Number.NaN, Infinity, "0.9"]) {
      const { settings, problems } = parse({ currency: "EUR", currencyRate });
      assert.equal(settings.currency.code, "USD");
      assert.deepEqual(problems, [{ key: "currencyRate", message: "must be a number above 0" }]);
    }
    assert.equal(parse({ currency: "euro" }).problems[0]?.key, "currency");
  });

  it("accept budgets in dollars or tokens, for everything or one project or server", () => {
    const { settings, problems } = parse({
      budgets: [
        { period: "daily", usd: 5 },
        { period: "daily", tokens: 1000 },
        { period: "session", usd: 0.5, project: "/code/app", server: "box" },
      ],
      budgetCounts: "recorded",
      stopsAtBudget: true,
    });
    assert.deepEqual(problems, []);
    assert.deepEqual(settings.budgets, [
      { period: "daily", limit: 5, unit: "USD", project: undefined, server: undefined },
      { period: "daily", limit: 1000, unit: "tokens", project: undefined, server: undefined },
      { period: "session", limit: 0.5, unit: "USD", project: "/code/app", server: "box" },
    ]);
    assert.equal(settings.budgetCounts, "recorded");
    assert.equal(settings.stopsAtBudget, true);
  });

  it("drop invalid budgets, report which and why, and keep the others", () => {
    const { settings, problems } = parse({
      budgets: [
        { period: "yearly", usd: 1 },
        { usd: 1 },
        { period: "daily" },
        { period: "daily", usd: 1, tokens: 1 },
        { period: "daily", usd: 0 },
        { period: "daily", tokens: Number.NaN },
        { period: "daily", usd: "10" },
        { period: "daily", usd: 1, project: " " },
        { period: "daily", usd: 1, server: 7 },
        { period: "daily", usd: 1, limit: 7 },
        "daily",
        { period: "daily", usd: 1 },
        { period: "daily", usd: 2 },
      ],
      budgetCounts: "all",
      stopsAtBudget: "yes",
    });
    assert.deepEqual(settings.budgets, [
      { period: "daily", limit: 1, unit: "USD", project: undefined, server: undefined },
    ]);
    assert.deepEqual(
      problems.map(({ message }) => message),
      [
        "entry 1 needs a “period”: hourly, daily, weekly, monthly, session",
        "entry 2 needs a “period”: hourly, daily, weekly, monthly, session",
        "entry 3 needs either “usd” or “tokens”",
        "entry 4 needs either “usd” or “tokens”",
        "entry 5 needs a limit above 0 in “usd”",
        "entry 6 needs a limit above 0 in “tokens”",
        "entry 7 needs a limit above 0 in “usd”",
        "entry 8 has a “project” that is not text",
        "entry 9 has a “server” that is not text",
        "entry 10 has an unknown field “limit”",
        "entry 11 must be an object with a period and a limit",
        "entry 13 covers the same usage as an earlier entry",
        "must be “recorded” or “estimated”",
        "must be true or false",
      ],
    );
    assert.equal(parse({ budgets: { period: "daily" } }).problems.length, 1);
  });
});
