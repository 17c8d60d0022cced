import assert from "node:assert/strict";

import type { Message } from "../../../src/core/message.ts";
import { comparedSession } from "../../../src/viewModels/sessionComparison.ts";
import { contextComposition } from "../../../src/viewModels/sessionComposition.ts";
import { usagePageCSV, usagePageJSON } from "../../../src/viewModels/usagePageExport.ts";
import { usageNames } from "../../../src/viewModels/usageNames.ts";
import { sessionNamer } from "../../../src/viewModels/usageSessions.ts";
import { USAGE_TABLE_IDS, usageTable } from "../../../src/viewModels/usageTables.ts";
import { assistant, tokens, user } from "../../support/breakdownScenarios.ts";
import { aLedgerSession, aRow, aTable, messageIDOf } from "../../support/ledger.ts";
import { USAGE_NOW_MS, usageModelOf, usageSnapshotOf } from "../../support/usageScenarios.ts";

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
  it("follows both formulas, by model and as a whole", () => {
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
    // 3M read at 4 - 1, less 1M written at 5 - 4.
    assert.equal(a.savedUSD, 9 - 1);
    assert.equal(cache.models.find(({ key }) => key === "acme/b")!.savedUSD, 1.5);
    assert.equal(cache.models.find(({ key }) => key === "acme/c")!.savedUSD, undefined);
    assert.equal(cache.savedUSD, 9.5);
    assert.equal(cache.hitRate, 4_000_007 / (3_000_000 + 4_000_007 + 1_000_000));
    assert.equal(cache.unpricedTokens, 7);
  });
});

describe("the composition of a context", () => {
  it("is what the server counted, its texts by who wrote them, the rest the system's", () => {
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

  it("is scaled where texts come to more than was counted, and stays whole", () => {
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

  it("leaves out what a compaction took away, and keeps what it kept", () => {
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
    assert.equal(composition.messages, 3);
    assert.equal(composition.compactedMessages, 3);
  });

  it("says nothing of the system while no answer has told the whole", () => {
    const composition = contextComposition([user("u", { parts: [text("1", 40)] })], false);
    assert.equal(composition.contextTokens, undefined);
    assert.deepEqual(composition.tokens, { system: 0, user: 10, assistant: 0, tool: 0 });
    assert.equal(composition.isComplete, false);
  });

  it("takes input that cannot be written as text for nothing", () => {
    const round: { self?: unknown } = {};
    round.self = round;
    const composition = contextComposition([assistant("a", { parts: [tool(4, round)] })], true);
    assert.equal(composition.tokens.tool, 1);
  });
});

describe("a compared session", () => {
  it("counts all below it, once, also where parents go round in circles", () => {
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

  it("stands beside another in the table, with the difference", () => {
    const model = usageModelOf({ compareA: "ses_2_0", compareB: "ses_3_0" });
    const { a, b } = model.compared;
    const { rows } = usageTable(model, "comparison");
    const answers = rows.find(({ cells }) => cells[0]!.text === "Answers")!.cells;
    assert.deepEqual(
      answers.slice(1).map(({ value }) => value),
      [a!.tree.messages, b!.tree.messages, b!.tree.messages - a!.tree.messages],
    );
    const half = usageTable(usageModelOf({ compareA: "ses_2_0" }), "comparison");
    assert.ok(half.rows.every(({ cells }) => cells[2]!.text === "–"));
  });
});

describe("exports of usage", () => {
  const model = usageModelOf({
    compareA: "ses_2_0",
    compareB: "ses_3_0",
    composition: "ses_2_0",
    drill: usageModelOf().trend.buckets.at(-1)!.drill,
  });

  it("write every card as CSV, a row a bar, with a name for each column", () => {
    for (const id of USAGE_TABLE_IDS) {
      const table = usageTable(model, id);
      const [head, ...lines] = usagePageCSV(model, id).trimEnd().split("\r\n");
      assert.equal(head, table.columns.map(({ csv }) => csv).join(","), id);
      assert.equal(lines.length, table.rows.length, id);
      assert.ok(lines.length > 0, id);
      for (const { cells } of [...table.rows, ...(table.sum === undefined ? [] : [table.sum])]) {
        assert.equal(cells.length, table.columns.length, id);
      }
      assert.equal(new Set(head.split(",")).size, table.columns.length, id);
    }
  });

  it("write all figures as JSON, exact, with null for what is not known", () => {
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
