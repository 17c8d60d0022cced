import assert from "node:assert/strict";
import { type LedgerSession, ROW_BAD_FIGURES, ROW_GONE } from "../../../src/core/ledger/table.ts";
import { usageBy, usageOf } from "../../../src/core/ledger/usageBy.ts";
import { LedgerDatabase } from "../../../src/history/ledgerDatabase.ts";
import {
  checkFigures,
  type LedgerRow,
  RANK_BEGUN,
  RANK_RECORDED,
  RANK_STREAMED,
} from "../../../src/history/ledgerRow.ts";
import {
  aLedgerSession,
  aRow,
  aTable,
  messageIDOf,
  rowsOfTable,
} from "../../support/seed/ledger.ts";

/** A ledger with these rows written one after another. */
function ledgerOf(...rows: LedgerRow[]): LedgerDatabase {
  const ledger = LedgerDatabase.open(":memory:", 0);
  for (const row of rows) ledger.write([{ changes: { rows: [row] }, placeID: "db" }], NOW_S);
  ledger.refresh();
  return ledger;
}

function costOf({ table }: LedgerDatabase): number | undefined {
  return table.costUSD[0];
}

function isGone({ table }: LedgerDatabase): boolean {
  return ((table.flags[0] ?? 0) & ROW_GONE) !== 0;
}

const NOW_S = 10_000;

describe("the ledger's table", () => {
  it("holds a message once, however often it is reported", () => {
    const row = aRow({ messageID: messageIDOf(1) });
    assert.equal(ledgerOf(row, row, { ...row, observedAtS: 2000 }).table.length, 1);
  });

  it("distinguishes ids of any shape", () => {
    const ids = [
      ...Array.from({ length: 3000 }, (_, number) => messageIDOf(number)),
      "x".repeat(100),
      `${"x".repeat(99)}y`,
      "Grüße",
      "",
    ];
    const rows = ids.map((messageID) => aRow({ messageID }));
    const table = aTable({ rows: [...rows, ...rows] });
    assert.equal(table.length, ids.length);
    for (const [row, id] of ids.entries()) assert.equal(table.messageID(row), id);
  });

  it("prefers the server's record over what the stream reported, whichever came first", () => {
    const recorded = aRow({ messageID: "m", costUSD: 0.02, rank: RANK_RECORDED, observedAtS: 10 });
    const streamed = aRow({ messageID: "m", costUSD: 0.03, rank: RANK_STREAMED, observedAtS: 20 });
    const begun = aRow({ messageID: "m", costUSD: 0, rank: RANK_BEGUN, observedAtS: 30 });
    for (const rows of [
      [recorded, streamed, begun],
      [begun, streamed, recorded],
      [streamed, recorded, begun],
    ]) {
      assert.equal(costOf(ledgerOf(...rows)), 0.02);
    }
    assert.equal(costOf(ledgerOf(begun, streamed)), 0.03);
  });

  it("marks a message gone or restores it according to the latest observation", () => {
    const there = aRow({ messageID: "m", observedAtS: 10 });
    const gone = { ...there, isGone: true, observedAtS: 20 };
    const back = { ...there, observedAtS: 30 };
    assert.equal(isGone(ledgerOf(there, gone)), true);
    assert.equal(isGone(ledgerOf(gone, there)), true);
    assert.equal(isGone(ledgerOf(there, gone, back)), false);
    assert.equal(isGone(ledgerOf(back, gone, there)), false);
    assert.equal(isGone(ledgerOf(there, { ...there, isGone: true })), true);
  });

  it("merges to the same result in any order and with repetitions", () => {
    let state = 3;
    const random = (most: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 4_294_967_296) * most);
    };
    const ranks = [RANK_BEGUN, RANK_STREAMED, RANK_RECORDED] as const;
    const pieces = Array.from({ length: 60 }, () =>
      Array.from({ length: 20 }, () => {
        const number = random(40);
        return aRow({
          messageID: messageIDOf(number),
          sessionID: `ses_${number % 5}`,
          costUSD: random(100) / 100,
          tokens: { input: random(1000) },
          rank: ranks[random(3)]!,
          isGone: random(4) === 0,
          recordedAtS: random(20),
          observedAtS: random(20),
          modelID: "sonnet",
        });
      }),
    );
    const merged = (order: readonly (readonly LedgerRow[])[]): Record<string, string> => {
      const ledger = LedgerDatabase.open(":memory:", 0);
      for (const rows of order) ledger.write([{ changes: { rows }, placeID: "db" }], NOW_S);
      ledger.refresh();
      return rowsOfTable(ledger.table);
    };
    const once = merged(pieces);
    assert.equal(Object.keys(once).length, 40);
    assert.deepEqual(merged([...pieces].reverse()), once);
    assert.deepEqual(merged([...pieces, ...pieces]), once);
  });

  it("prefers later figures over those recorded by a clock ahead of ours", () => {
    const ahead = aRow({ messageID: "m", costUSD: 9, observedAtS: NOW_S + 86_400 });
    const later = aRow({ messageID: "m", costUSD: 0.02, observedAtS: NOW_S });
    const ledger = LedgerDatabase.open(":memory:", 0);
    const write = (row: LedgerRow, nowS: number): void => {
      ledger.write([{ changes: { rows: [row] }, placeID: "db" }], nowS);
      ledger.refresh();
    };
    write(ahead, NOW_S + 86_400);
    write({ ...ahead, isGone: true }, NOW_S + 86_400);
    write(later, NOW_S);
    assert.equal(costOf(ledger), 0.02);
    assert.equal(isGone(ledger), false);
    write({ ...later, costUSD: 0.03, recordedAtS: NOW_S + 1 }, NOW_S + 1);
    assert.equal(costOf(ledger), 0.03, "what was ahead is forgotten");
  });

  it("keeps sessions with the same id in two places separate, and counts their money once", () => {
    const ledger = LedgerDatabase.open(":memory:", 0);
    const rows = [aRow({ messageID: "m" })];
    const write = (placeID: string, observedAtS: number, isGone = false): void => {
      const sessions = [aLedgerSession({ id: "ses_1", placeID, observedAtS })];
      const told = rows.map((row) => ({ ...row, observedAtS, isGone }));
      ledger.write([{ changes: { sessions, rows: told }, placeID }], NOW_S);
      ledger.refresh();
    };
    const placesOf = (): Record<string, number> =>
      Object.fromEntries(
        usageBy(ledger.table, "place", {}, new Map()).map(({ key, sum }) => [
          key,
          sum.spent.recordedUSD,
        ]),
      );
    for (const [at, placeID] of ["first", "second", "first", "second"].entries()) {
      write(placeID, 100 + at);
      assert.equal(placesOf()["first"], 0.01, `after fill ${at} of ${placeID}`);
    }
    assert.equal(placesOf()["second"], 0);
    assert.equal(usageOf(ledger.table, {}, new Map()).spent.recordedUSD, 0.01);
    const bySession = usageBy(ledger.table, "session", {}, new Map());
    assert.deepEqual(
      bySession.map(({ key, sum }) => [key, sum.spent.recordedUSD]),
      [["ses_1", 0.01]],
    );
    write("first", 200, true);
    assert.deepEqual(placesOf(), { second: 0.01 }, "where it is not gone");
    assert.equal(usageOf(ledger.table, {}, new Map()).alsoSpent.recordedUSD, 0);
  });

  it("keeps fields that a later report of a session lacks", () => {
    const ledger = LedgerDatabase.open(":memory:", 0);
    const put = (session: Parameters<typeof aLedgerSession>[0]): LedgerSession | undefined => {
      ledger.write([{ changes: { sessions: [aLedgerSession(session)] }, placeID: "db" }], NOW_S);
      ledger.refresh();
      return ledger.table.sessions[0];
    };
    put({ id: "s", parentID: "p", command: "review", stamp: "a1", observedAtS: 10 });
    const session = put({ id: "s", title: "new", projectID: "", createdMs: 0, observedAtS: 20 });
    assert.equal(session?.title, "new");
    assert.equal(session.command, "review");
    assert.equal(session.parentID, "p");
    assert.equal(session.projectID, "project-app");
    assert.equal(session.stamp, "a1");
    assert.ok(session.createdMs > 0);
    assert.equal(put({ id: "s", title: "old", observedAtS: 15 })?.title, "new");
  });

  it("sets impossible figures to zero and flags them", () => {
    const figures = { output: 1, reasoning: 1, read: 1, write: 1, costUSD: 0.5 };
    for (const input of [-1, Number.NaN, null, "7", 1e12, Infinity]) {
      const checked = checkFigures({ ...figures, input });
      assert.equal(checked.tokens.input, 0);
      assert.equal(checked.areBad, true, String(input));
      assert.equal(checked.costUSD, 0.5);
    }
    assert.equal(checkFigures({ ...figures, input: 1, costUSD: -0.1 }).areBad, true);
    const absent = checkFigures({
      input: undefined,
      output: undefined,
      reasoning: undefined,
      read: undefined,
      write: undefined,
      costUSD: undefined,
    });
    assert.equal(absent.areBad, false);
  });

  it("keeps flags separate from ranks", () => {
    const table = aTable({
      rows: [aRow({ messageID: "m", isGone: true, hasBadFigures: true, rank: RANK_RECORDED })],
    });
    assert.equal(table.flags[0]! & ROW_GONE, ROW_GONE);
    assert.equal(table.flags[0]! & ROW_BAD_FIGURES, ROW_BAD_FIGURES);
  });
});
