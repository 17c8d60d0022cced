import assert from "node:assert/strict";
import { cacheEfficiency, cacheHitRate } from "../../../../src/core/ledger/cacheEfficiency.ts";
import { expensiveSessions } from "../../../../src/core/ledger/expensiveSessions.ts";
import { viewLedger } from "../../../../src/core/ledger/ledgerView.ts";
import { usageBy, usageOf } from "../../../../src/core/ledger/usageBy.ts";
import { costState, type ModelPrice } from "../../../../src/core/usage/usage.ts";
import { someTokens } from "../../../support/seed/builders.ts";
import {
  aLedgerSession,
  aRow,
  aTable,
  LEDGER_MS,
  serversUsage,
} from "../../../support/seed/ledger.ts";

const NO_PRICES = new Map<string, never>();
const PRICE: ModelPrice = { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 };

describe("sums over the ledger", () => {
  it("count a fork's copies once, and report what the servers count again", () => {
    const answer = { createdMs: LEDGER_MS, costUSD: 0.1 };
    const table = aTable({
      sessions: [
        aLedgerSession({ id: "original" }),
        aLedgerSession({ id: "fork", title: "renamed", createdMs: LEDGER_MS + 5000 }),
        aLedgerSession({ id: "fork2", createdMs: LEDGER_MS + 9000 }),
      ],
      rows: [
        aRow({ ...answer, messageID: "m1", sessionID: "original" }),
        aRow({ ...answer, messageID: "m2", sessionID: "fork" }),
        aRow({ ...answer, messageID: "m3", sessionID: "fork2" }),
        aRow({ messageID: "m4", sessionID: "fork", createdMs: LEDGER_MS + 6000, costUSD: 0.01 }),
      ],
    });
    const sum = usageOf(table, {}, NO_PRICES);
    assert.equal(sum.spent.recordedUSD, 0.11);
    assert.equal(sum.copied.recordedUSD, 0.2);
    assert.equal(serversUsage(sum).recordedUSD, 0.31);
    assert.equal(sum.messages, 2);
    const bySession = new Map(
      usageBy(table, "session", {}, NO_PRICES).map((one) => [one.key, one.sum]),
    );
    assert.equal(bySession.get("original")?.spent.recordedUSD, 0.1);
    assert.equal(bySession.get("fork")?.spent.recordedUSD, 0.01);
    assert.equal(bySession.get("fork")?.copied.recordedUSD, 0.1);
    assert.equal(bySession.get("fork2")?.copied.recordedUSD, 0.1);
  });

  it("use a copy in place of a missing original, and drop the money only once", () => {
    const rows = (gone: readonly string[]) =>
      ["original", "fork", "fork2"].map((sessionID) =>
        aRow({ messageID: `m-${sessionID}`, sessionID, isGone: gone.includes(sessionID) }),
      );
    const sessions = [
      aLedgerSession({ id: "original" }),
      aLedgerSession({ id: "fork", createdMs: LEDGER_MS + 5000 }),
      aLedgerSession({ id: "fork2", createdMs: LEDGER_MS + 9000 }),
    ];
    const sumWithout = (...gone: string[]) =>
      usageOf(aTable({ sessions, rows: rows(gone) }), {}, NO_PRICES);
    assert.equal(sumWithout("original").spent.recordedUSD, 0.01);
    assert.equal(sumWithout("original").alsoSpent.recordedUSD, 0);
    assert.equal(sumWithout("original", "fork").spent.recordedUSD, 0.01);
    assert.equal(sumWithout("fork").copied.recordedUSD, 0.01);
    const none = sumWithout("original", "fork", "fork2");
    assert.equal(none.spent.recordedUSD, 0);
    assert.equal(none.alsoSpent.recordedUSD, 0.01);
  });

  it("do not mistake similar answers for copies", () => {
    // Two tasks that began in the same millisecond with the same usage, and a session whose clock was ahead.
    const table = aTable({
      sessions: [
        aLedgerSession({ id: "a" }),
        aLedgerSession({ id: "b" }),
        aLedgerSession({ id: "late", createdMs: LEDGER_MS + 60_000 }),
      ],
      rows: [
        aRow({ messageID: "m1", sessionID: "a" }),
        aRow({ messageID: "m2", sessionID: "b" }),
        aRow({ messageID: "m3", sessionID: "late", createdMs: LEDGER_MS + 7 }),
        aRow({ messageID: "m4", sessionID: "late", createdMs: LEDGER_MS + 7 }),
      ],
    });
    assert.equal(usageOf(table, {}, NO_PRICES).spent.recordedUSD, 0.04);
    assert.equal(usageOf(table, {}, NO_PRICES).copied.recordedUSD, 0);
  });

  it("keep the three cost states separate", () => {
    const tokens = someTokens({ input: 1_000_000, output: 0 });
    const table = aTable({
      rows: [
        aRow({ messageID: "m1", costUSD: 0.5, tokens }),
        aRow({ messageID: "m2", costUSD: 0, tokens }),
        aRow({ messageID: "m3", costUSD: 0, tokens, modelID: "local" }),
        aRow({ messageID: "m4", costUSD: 0, tokens: someTokens({}), modelID: "local" }),
      ],
    });
    const priced = usageOf(table, {}, new Map([["acme/sonnet", PRICE]]));
    assert.equal(priced.spent.recordedUSD, 0.5);
    assert.equal(priced.spent.estimatedUSD, 3);
    assert.equal(priced.spent.unpricedTokens, 1_000_000);
    assert.equal(costState(priced.spent), "partial");
    const sonnet = usageOf(
      table,
      { modelKeys: new Set(["acme/sonnet"]) },
      new Map([["acme/sonnet", PRICE]]),
    );
    assert.equal(costState(sonnet.spent), "estimated");
    assert.equal(usageOf(table, {}, NO_PRICES).spent.unpricedTokens, 2_000_000);
  });

  it("are broken down by every dimension, most expensive first", () => {
    const table = aTable({
      sessions: [
        aLedgerSession({ id: "root" }),
        aLedgerSession({ id: "child", parentID: "root" }),
        aLedgerSession({ id: "grandchild", parentID: "child" }),
        aLedgerSession({
          id: "plain",
          projectID: "global",
          directory: "/tmp/notes",
          placeID: "far",
        }),
      ],
      rows: [
        aRow({ messageID: "m1", sessionID: "root", costUSD: 0.1 }),
        aRow({ messageID: "m2", sessionID: "child", costUSD: 0.2, agent: "general" }),
        aRow({
          messageID: "m3",
          sessionID: "grandchild",
          costUSD: 0.4,
          agent: "explore",
          modelID: "opus",
        }),
        aRow({ messageID: "m4", sessionID: "plain", costUSD: 0.05, agent: "" }),
      ],
    });
    const by = (dimension: Parameters<typeof usageBy>[1]): [string, number][] =>
      usageBy(table, dimension, {}, NO_PRICES).map(({ key, sum }) => [key, sum.spent.recordedUSD]);
    assert.deepEqual(by("model"), [
      ["acme/opus", 0.4],
      ["acme/sonnet", 0.35],
    ]);
    assert.deepEqual(by("agent"), [
      ["explore", 0.4],
      ["general", 0.2],
      ["build", 0.1],
      ["", 0.05],
    ]);
    assert.deepEqual(by("project"), [
      ["project-app", 0.7],
      ["/tmp/notes", 0.05],
    ]);
    assert.deepEqual(by("place"), [
      ["db", 0.7],
      ["far", 0.05],
    ]);
    assert.deepEqual(by("origin"), [
      ["child", 0.6],
      ["root", 0.15],
    ]);
    assert.deepEqual(by("tree"), [
      ["root", 0.7],
      ["plain", 0.05],
    ]);
    const [first, second] = expensiveSessions(table, {}, NO_PRICES, 5);
    assert.equal(first?.session.id, "root");
    assert.equal(first.own.spent.recordedUSD, 0.1);
    assert.equal(first.tree.spent.recordedUSD, 0.7);
    assert.equal(first.descendants, 2);
    assert.equal(second?.session.id, "plain");
    assert.equal(expensiveSessions(table, {}, NO_PRICES, 1).length, 1);
  });

  it("cover only what a query selects", () => {
    const table = aTable({
      sessions: [
        aLedgerSession({ id: "root" }),
        aLedgerSession({ id: "child", parentID: "root" }),
        aLedgerSession({ id: "other", projectID: "project-lib", placeID: "far" }),
      ],
      rows: [
        aRow({ messageID: "m1", sessionID: "root", costUSD: 1, createdMs: LEDGER_MS }),
        aRow({
          messageID: "m2",
          sessionID: "child",
          costUSD: 2,
          createdMs: LEDGER_MS + 1000,
          agent: "general",
        }),
        aRow({
          messageID: "m3",
          sessionID: "other",
          costUSD: 4,
          createdMs: LEDGER_MS + 2000,
          modelID: "opus",
        }),
      ],
    });
    const usd = (query: Parameters<typeof usageOf>[1]): number =>
      usageOf(table, query, NO_PRICES).spent.recordedUSD;
    assert.equal(usd({}), 7);
    assert.equal(usd({ fromMs: LEDGER_MS + 1 }), 6);
    assert.equal(usd({ untilMs: LEDGER_MS + 2000 }), 3);
    assert.equal(usd({ fromMs: LEDGER_MS, untilMs: LEDGER_MS }), 0);
    assert.equal(usd({ placeIDs: new Set(["far"]) }), 4);
    assert.equal(usd({ projectKeys: new Set(["project-app"]) }), 3);
    assert.equal(usd({ modelKeys: new Set(["acme/opus"]) }), 4);
    assert.equal(usd({ agents: new Set(["general"]) }), 2);
    assert.equal(usd({ sessionIDs: new Set(["root"]) }), 1);
    assert.equal(usd({ treeIDs: new Set(["root"]) }), 3);
    assert.equal(usd({ origin: "child" }), 2);
    assert.equal(usd({ origin: "root", placeIDs: new Set(["db"]) }), 1);
    assert.equal(usd({ sessionIDs: new Set() }), 0);
  });

  it("terminate if parents are missing or form a cycle", () => {
    const table = aTable({
      sessions: [
        aLedgerSession({ id: "a", parentID: "b" }),
        aLedgerSession({ id: "b", parentID: "a" }),
        aLedgerSession({ id: "c", parentID: "c" }),
        aLedgerSession({ id: "d", parentID: "unknown" }),
      ],
      rows: ["a", "b", "c", "d"].map((id) => aRow({ messageID: `m-${id}`, sessionID: id })),
    });
    const trees = usageBy(table, "tree", {}, NO_PRICES);
    assert.equal(
      trees.reduce((sum, tree) => sum + tree.sum.messages, 0),
      4,
    );
    assert.equal(viewLedger(table).root[3], 3);
  });

  it("follow the table as it grows", () => {
    const rows = [aRow({ messageID: "m1" })];
    const table = aTable({ rows });
    const view = viewLedger(table);
    assert.equal(viewLedger(table), view);
    assert.equal(usageOf(table, {}, NO_PRICES).messages, 1);
  });

  it("report how well the caches worked and what they saved", () => {
    const table = aTable({
      rows: [
        aRow({
          messageID: "m1",
          tokens: someTokens({ input: 1000, cacheRead: 8000, cacheWrite: 1000 }),
        }),
        aRow({
          messageID: "m2",
          modelID: "local",
          tokens: someTokens({ input: 0, cacheRead: 500, cacheWrite: 500 }),
        }),
      ],
    });
    const all = cacheEfficiency(table, {}, new Map([["acme/sonnet", PRICE]]));
    assert.equal(all.hitRate, 8500 / 11_000);
    // 8,000 x (3 - 0.3) - 1,000 x (3.75 - 3), per million.
    assert.equal(all.savedUSD, (8000 * 2.7 - 1000 * 0.75) / 1e6);
    assert.equal(all.unpricedTokens, 1000);
    assert.equal(cacheEfficiency(table, {}, NO_PRICES).savedUSD, undefined);
    assert.equal(cacheEfficiency(aTable({}), {}, NO_PRICES).hitRate, undefined);
    assert.equal(cacheHitRate(someTokens({ input: 1, cacheRead: 3 })), 0.75);
    const writing = aTable({
      rows: [aRow({ messageID: "m1", tokens: someTokens({ cacheWrite: 1_000_000 }) })],
    });
    assert.equal(cacheEfficiency(writing, {}, new Map([["acme/sonnet", PRICE]])).savedUSD, -0.75);
  });
});
