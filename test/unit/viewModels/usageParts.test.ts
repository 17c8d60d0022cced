import assert from "node:assert/strict";

import { US_DOLLARS } from "../../../src/core/usage/currency.ts";
import { budgetUse } from "../../../src/core/usage/budget.ts";
import type { ModelPrice } from "../../../src/core/usage/usage.ts";
import { forecastLines } from "../../../src/viewModels/usage/usageBudgets.ts";
import type { Message } from "../../../src/core/state/message.ts";
import {
  comparedSession,
  comparisonCard,
} from "../../../src/viewModels/usage/sessionComparison.ts";
import { contextComposition } from "../../../src/viewModels/usage/sessionComposition.ts";
import { tableCSV } from "../../../src/viewModels/cards/table.ts";
import { usageCards, usagePageJSON } from "../../../src/viewModels/usage/usagePage.ts";
import { usageNames } from "../../../src/viewModels/usage/usageNames.ts";
import { sessionNamer } from "../../../src/viewModels/usage/usageSessions.ts";
import { assistant, tokens, user } from "../../support/seed/breakdownScenarios.ts";
import {
  aLedgerSession,
  aRow,
  aTable,
  messageIDOf,
  NO_LEDGER_SUM,
} from "../../support/seed/ledger.ts";
import { isRecord } from "../../support/json.ts";
import {
  USAGE_CALENDAR,
  USAGE_NOW_MS,
  USAGE_PRICES,
  usageModelOf,
  usageSnapshotOf,
  usageTable,
} from "../../support/seed/usageScenarios.ts";

const NO_PRICES = new Map<string, never>();

function text(id: string, characters: number) {
  return { kind: "text", id, text: "x".repeat(characters), isSynthetic: false } as const;
}

function tool(output: number, input: unknown = "") {
  return {
    kind: "tool",
    id: "t",
    callID: "c",
    tool: "read",
    status: "completed",
    title: undefined,
    input,
    output: "x".repeat(output),
    error: undefined,
    startedMs: undefined,
    endedMs: undefined,
    childSessionID: undefined,
  } as const;
}

describe("cache efficiency on the page", () => {
  it("follows both formulas, by model and in total", () => {
    const prices = new Map([
      ["acme/a", { input: 4, output: 8, cacheRead: 1, cacheWrite: 5 }],
      ["acme/b", { input: 2, output: 8, cacheRead: 0.5, cacheWrite: 0 }],
    ]);
    const used = (number: number, modelID: string, read: number, write: number) =>
      aRow({
        messageID: messageIDOf(number),
        createdMs: USAGE_NOW_MS - 1000,
        providerID: "acme",
        modelID,
        tokens: { input: 1_000_000, output: 5, cache: { read, write } },
      });
    const table = aTable({
      rows: [used(1, "a", 3_000_000, 1_000_000), used(2, "b", 1_000_000, 0), used(3, "c", 7, 0)],
    });
    const { cache } = usageModelOf({}, usageSnapshotOf({ table, prices, budgets: [] }));
    const a = cache.models.find(({ key }) => key === "acme/a")!;
    assert.equal(a.hitRate, 3 / 5);
    // 3M read at 4 - 1, minus 1M written at 5 - 4.
    assert.equal(a.savedUSD, 9 - 1);
    assert.equal(cache.models.find(({ key }) => key === "acme/b")!.savedUSD, 1.5);
    assert.equal(cache.models.find(({ key }) => key === "acme/c")!.savedUSD, undefined);
    assert.equal(cache.savedUSD, 9.5);
    assert.equal(cache.hitRate, 4_000_007 / (3_000_000 + 4_000_007 + 1_000_000));
    assert.equal(cache.unpricedTokens, 7);
  });
});

describe("the usage projection", () => {
  it("carries the cost state of the usage it is projected from", () => {
    const lines = (prices: ReadonlyMap<string, ModelPrice>): readonly string[] => {
      const { forecast, currency } = usageModelOf({}, usageSnapshotOf({ prices }));
      return forecastLines(forecast, currency);
    };
    const [now, today, month] = lines(USAGE_PRICES);
    assert.match(now!, /^Now: (~|≥ )?\$[\d.]+ an hour, /);
    assert.match(today!, /^Today: ≥ \$[\d.]+ so far, projected ≥ \$[\d.]+ by end of day$/);
    assert.match(month!, /^This month: ≥ \$[\d.]+ so far, projected ≥ \$[\d.]+ by end of month$/);
    const priced = new Map(USAGE_PRICES).set("ollama/qwen3-coder", {
      input: 1,
      output: 1,
      cacheRead: 1,
      cacheWrite: 1,
    });
    assert.match(lines(priced)[1]!, /^Today: ~\$[\d.]+ so far, projected ~\$/);
  });
});

describe("the composition of a context", () => {
  it("adds up to the server's count: texts by author, the rest as the system's", () => {
    const messages: Message[] = [
      user("u", { parts: [text("1", 400)] }),
      assistant("a", {
        tokens: tokens(1000, 200, 0, 300, 0),
        parts: [
          text("2", 600),
          { kind: "reasoning", id: "3", text: "y".repeat(200) },
          tool(1600, { a: 1 }),
        ],
      }),
    ];
    const { contextTokens, tokens: parts } = contextComposition(messages, true);
    assert.equal(contextTokens, 1500);
    assert.deepEqual(parts, {
      system: 1500 - 100 - 200 - 402,
      user: 100,
      assistant: 200,
      tool: 402,
    });
  });

  it("is scaled down if the texts exceed the server's count", () => {
    const messages = [
      user("u", { parts: [text("1", 4000)] }),
      assistant("a", { tokens: tokens(400, 100), parts: [text("2", 2001), tool(3999)] }),
    ];
    const { contextTokens, tokens: parts } = contextComposition(messages, true);
    assert.equal(contextTokens, 500);
    assert.equal(parts.system, 0);
    assert.equal(parts.user + parts.assistant + parts.tool, 500);
    assert.ok(parts.user > parts.assistant && parts.assistant > 0 && parts.tool > 0);
  });

  it("leaves out what a compaction removed, and keeps what it kept", () => {
    const messages = [
      user("u1", { parts: [text("1", 8000)] }),
      assistant("a1", { tokens: tokens(9000, 100), parts: [text("2", 4000)] }),
      user("u2", { parts: [text("3", 400)] }),
      user("ask", {
        parts: [{ kind: "compaction", id: "c", isAuto: false, tailStartID: "u2" }],
      }),
      assistant("sum", {
        isSummary: true,
        tokens: tokens(9000, 300),
        parts: [text("4", 1200)],
      }),
      assistant("a2", { tokens: tokens(1000, 50), parts: [text("5", 40)] }),
    ];
    const composition = contextComposition(messages, true);
    assert.equal(composition.contextTokens, 1050);
    assert.equal(composition.tokens.user, 100);
    assert.equal(composition.tokens.assistant, 310);
    assert.equal(composition.compactedMessages, 3);
  });

  it("gives no system share until an answer has reported the total", () => {
    const composition = contextComposition([user("u", { parts: [text("1", 40)] })], false);
    assert.equal(composition.contextTokens, undefined);
    assert.deepEqual(composition.tokens, { system: 0, user: 10, assistant: 0, tool: 0 });
    assert.equal(composition.isComplete, false);
  });

  it("ignores tool input that cannot be serialised", () => {
    const round: { self?: unknown } = {};
    round.self = round;
    const composition = contextComposition([assistant("a", { parts: [tool(4, round)] })], true);
    assert.equal(composition.tokens.tool, 1);
  });
});

describe("a compared session", () => {
  it("counts all its descendants once, even if parents form a cycle", () => {
    const sessions = [
      aLedgerSession({ id: "a", parentID: "c" }),
      aLedgerSession({ id: "b", parentID: "a" }),
      aLedgerSession({ id: "c", parentID: "b" }),
    ];
    const rows = ["a", "b", "c"].map((sessionID, at) =>
      aRow({
        messageID: messageIDOf(at),
        sessionID,
        createdMs: USAGE_NOW_MS + at * 60_000,
        endsTurn: true,
      }),
    );
    const table = aTable({ sessions, rows });
    const names = usageNames(table);
    const nameOf = sessionNamer(names, () => true);
    const found = comparedSession(table, "a", NO_PRICES, names, nameOf)!;
    assert.equal(found.descendants, 2);
    assert.equal(found.tree.messages, 3);
    assert.equal(found.own.messages, 1);
    assert.equal(found.turns, 1);
    assert.equal(found.durationMs, 120_000);
    assert.equal(comparedSession(table, "nobody", NO_PRICES, names, nameOf), undefined);
  });

  it("appears beside another in the table, with the difference", () => {
    const model = usageModelOf({ compareA: "ses_2_0", compareB: "ses_3_0" });
    const { a, b } = model.compared;
    const { rows } = usageTable(model, "comparison");
    const answers = rows.find(({ cells }) => cells[0]!.text === "Answers")!.cells;
    assert.deepEqual(
      answers.slice(1).map(({ value }) => value),
      [a!.tree.messages, b!.tree.messages, b!.tree.messages - a!.tree.messages],
    );
    const mixed = aTable({
      sessions: [aLedgerSession({ id: "one" }), aLedgerSession({ id: "two" })],
      rows: [
        aRow({ messageID: "m1", sessionID: "one", costUSD: 0.5 }),
        aRow({ messageID: "m2", sessionID: "two", costUSD: 2 }),
        aRow({ messageID: "m3", sessionID: "two", costUSD: 0, modelID: "free" }),
      ],
    });
    const names = usageNames(mixed);
    const compared = (id: string) =>
      comparedSession(
        mixed,
        id,
        NO_PRICES,
        names,
        sessionNamer(names, () => true),
      );
    const context = { choices: model.choices, currency: US_DOLLARS, page: "panel" } as const;
    const card = comparisonCard(
      { a: compared("one"), b: compared("two") },
      { ...context, rangeSum: NO_LEDGER_SUM },
    );
    const cost = card.table?.rows.find(({ cells }) => cells[0]!.text === "Tree cost")?.cells;
    assert.deepEqual(
      cost?.map((cell) => cell.text),
      ["Tree cost", "$0.50", "≥ $2.00", "+~$1.50"],
    );
    const half = usageTable(usageModelOf({ compareA: "ses_2_0" }), "comparison");
    assert.ok(half.rows.every(({ cells }) => cells[2]!.text === "–"));
  });
});

describe("the usage exports", () => {
  const model = usageModelOf({
    compareA: "ses_2_0",
    compareB: "ses_3_0",
    composition: "ses_2_0",
    drill: usageModelOf().trend.buckets.at(-1)!.drill,
  });

  it("write every card as CSV, one row per bar, with a name for each column", () => {
    const cards = usageCards(model, "panel");
    assert.equal(cards.length, 13);
    for (const { id, table } of cards) {
      assert.ok(table !== undefined, id);
      const [head, ...lines] = tableCSV(table).trimEnd().split("\r\n");
      assert.equal(head, table.columns.flatMap(({ csv }) => csv ?? []).join(","), id);
      assert.equal(lines.length, table.rows.length, id);
      assert.ok(lines.length > 0, id);
      for (const { cells } of [...table.rows, ...(table.sum === undefined ? [] : [table.sum])]) {
        assert.equal(cells.length, table.columns.length, id);
      }
      const names = head.split(",");
      assert.equal(new Set(names).size, names.length, id);
      // Savings are at list prices, and what has none is not among them.
      const amounts = /(?<!recorded|estimated|saved)_usd$/;
      for (const [at, name] of names.entries()) {
        if (amounts.test(name)) assert.match(names[at + 1] ?? "", /state$/, `${id}: ${name}`);
      }
    }
  });

  it("leave unpriced costs empty on every card, budgets included, and never write 0", () => {
    const free = { sessionID: "one", costUSD: 0, createdMs: USAGE_NOW_MS - 60_000 };
    const table = aTable({
      sessions: [aLedgerSession({ id: "one" })],
      rows: [aRow({ messageID: "m1", ...free }), aRow({ messageID: "m2", ...free, isGone: true })],
    });
    const context = { table, prices: NO_PRICES, calendar: USAGE_CALENDAR, nowMs: USAGE_NOW_MS };
    const budget = {
      id: "b",
      period: "daily",
      limit: 5,
      unit: "USD",
      counts: "estimated",
    } as const;
    const snapshot = usageSnapshotOf({ ...context, budgets: [budgetUse(context, budget)] });
    const unpriced = usageModelOf({ range: "all", compareA: "one" }, snapshot);
    const checked = usageCards(unpriced, "panel").flatMap(({ id, table: shown }) => {
      const [columns = [], ...rows] = tableCSV(shown!)
        .trimEnd()
        .split("\r\n")
        .map((line) => line.split(","));
      const states = columns.flatMap((name, at) => (name.endsWith("cost_state") ? [at] : []));
      let unknown = 0;
      for (const row of rows) {
        const areUnpriced = states.length > 0 && states.every((at) => row[at] === "unpriced");
        if (!areUnpriced && !columns.includes("used")) continue;
        unknown++;
        for (const [at, name] of columns.entries()) {
          if (/_usd$|^used$/.test(name)) assert.equal(row[at], "", `${id}: ${name}`);
        }
      }
      return unknown > 0 ? [id] : [];
    });
    assert.deepEqual(checked.sort(), [
      "budgets",
      "byAgent",
      "byModel",
      "byOrigin",
      "byPlace",
      "byProject",
      "calendar",
      "expensive",
      "trend",
    ]);
    let unknownInJSON = 0;
    JSON.parse(usagePageJSON(unpriced), (_key, value: unknown) => {
      if (!isRecord(value)) return value;
      const { unpricedTokens, costState, todayState } = value;
      if (costState !== "unpriced" && todayState !== "unpriced") return value;
      unknownInJSON++;
      assert.ok(costState === undefined || unpricedTokens !== 0, JSON.stringify(value));
      for (const name of ["costUSD", "recordedUSD", "estimatedUSD", "todayUSD", "monthUSD"]) {
        assert.ok((value[name] ?? null) === null, JSON.stringify(value));
      }
      return value;
    });
    assert.ok(unknownInJSON > 5);
  });

  it("write all exact figures as JSON, with null for unknown ones", () => {
    const value = JSON.parse(usagePageJSON(model)) as {
      schema: string;
      periods: Record<string, { recordedUSD: number; tokens: { total: number } }>;
      trend: { buckets: { tokens: { total: number } }[] };
      groups: { model: { key: string; costUSD: number | null; costState: string }[] };
      composition: { isEstimate: boolean };
    };
    assert.equal(value.schema, "opencode-sessions.usage-page/1");
    const month = model.periods.find(({ range }) => range === "month")!.sum;
    assert.equal(value.periods["month"]!.recordedUSD, month.spent.recordedUSD);
    const bars = value.trend.buckets.reduce((sum, { tokens }) => sum + tokens.total, 0);
    assert.equal(bars, value.periods["month"]!.tokens.total);
    const local = value.groups.model.find(({ key }) => key === "ollama/qwen3-coder")!;
    assert.deepEqual([local.costUSD, local.costState], [null, "unpriced"]);
    assert.equal(value.composition.isEstimate, true);
  });
});
