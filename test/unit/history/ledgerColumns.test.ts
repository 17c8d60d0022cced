import assert from "node:assert/strict";
import { ROW_BAD_FIGURES, ROW_GONE } from "../../../src/core/ledger/table.ts";
import { applyChanges, rowAt } from "../../../src/history/applyChanges.ts";
import { LedgerColumns } from "../../../src/history/ledgerColumns.ts";
import {
  checkFigures,
  type LedgerRow,
  RANK_BEGUN,
  RANK_RECORDED,
  RANK_STREAMED,
} from "../../../src/history/ledgerRow.ts";
import { aLedgerSession, aRow, aTable, messageIDOf, rowsOfTable } from "../../support/ledger.ts";

function columnsOf(...rows: LedgerRow[]): LedgerColumns {
  const columns = new LedgerColumns();
  applyChanges(columns, { rows }, "db");
  return columns;
}

describe("the ledger's table", () => {
  it("holds a message once, however often it is told", () => {
    const row = aRow({ messageID: messageIDOf(1) });
    assert.equal(columnsOf(row, row, { ...row, seenS: 2000 }).length, 1);
  });

  it("finds thousands of rows by id, ids of any shape included", () => {
    const ids = [
      ...Array.from({ length: 5000 }, (_, number) => messageIDOf(number)),
      ...Array.from({ length: 300 }, (_, number) => `m${number}`),
      "x".repeat(100),
      `${"x".repeat(99)}y`,
      "Grüße",
      "",
    ];
    const columns = columnsOf(...ids.map((messageID) => aRow({ messageID })));
    assert.equal(columns.length, ids.length);
    for (const [row, id] of ids.entries()) assert.equal(columns.rowOf(id), row, id);
    assert.equal(columns.rowOf("msg_unknown"), -1);
    assert.equal(columns.messageID(0), ids[0]);
  });

  it("keeps the server's record against what the stream told, whichever came first", () => {
    const recorded = aRow({ messageID: "m", costUSD: 0.02, rank: RANK_RECORDED, seenS: 10 });
    const streamed = aRow({ messageID: "m", costUSD: 0.03, rank: RANK_STREAMED, seenS: 20 });
    const begun = aRow({ messageID: "m", costUSD: 0, rank: RANK_BEGUN, seenS: 30 });
    for (const rows of [
      [recorded, streamed, begun],
      [begun, streamed, recorded],
      [streamed, recorded, begun],
    ]) {
      assert.equal(rowAt(columnsOf(...rows), 0).costUSD, 0.02);
    }
    assert.equal(rowAt(columnsOf(begun, streamed), 0).costUSD, 0.03);
  });

  it("marks a message gone and brings it back by what was said last", () => {
    const there = aRow({ messageID: "m", seenS: 10 });
    const gone = { ...there, isGone: true, seenS: 20 };
    const back = { ...there, seenS: 30 };
    assert.equal(rowAt(columnsOf(there, gone), 0).isGone, true);
    assert.equal(rowAt(columnsOf(gone, there), 0).isGone, true);
    assert.equal(rowAt(columnsOf(there, gone, back), 0).isGone, false);
    assert.equal(rowAt(columnsOf(back, gone, there), 0).isGone, false);
    assert.equal(rowAt(columnsOf(there, { ...there, isGone: true }), 0).isGone, true);
  });

  it("merges to the same, in whatever order and however often", () => {
    let state = 3;
    const random = (most: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 4_294_967_296) * most);
    };
    const ranks = [RANK_BEGUN, RANK_STREAMED, RANK_RECORDED] as const;
    const pieces = Array.from({ length: 60 }, () =>
      columnsOf(
        ...Array.from({ length: 20 }, () => {
          const number = random(40);
          return aRow({
            messageID: messageIDOf(number),
            sessionID: `ses_${number % 5}`,
            costUSD: random(100) / 100,
            tokens: { input: 1000 },
            rank: ranks[random(3)]!,
            isGone: random(4) === 0,
            toldS: random(20),
            seenS: random(20),
            modelID: "sonnet",
          });
        }),
      ),
    );
    const merged = (order: readonly LedgerColumns[]): Record<string, string> => {
      const all = new LedgerColumns();
      for (const piece of order) all.merge(piece);
      return rowsOfTable(all);
    };
    const once = merged(pieces);
    assert.equal(Object.keys(once).length, 40);
    assert.deepEqual(merged([...pieces].reverse()), once);
    assert.deepEqual(merged([...pieces, ...pieces]), once);
  });

  it("keeps what a later telling of a session does not know", () => {
    const columns = new LedgerColumns();
    columns.putSession(
      aLedgerSession({ id: "s", parentID: "p", command: "review", stamp: "a1", seenS: 10 }),
    );
    columns.putSession(
      aLedgerSession({ id: "s", title: "new", projectID: "", createdMs: 0, seenS: 20 }),
    );
    const [session] = columns.sessions;
    assert.equal(session?.title, "new");
    assert.equal(session.command, "review");
    assert.equal(session.parentID, "p");
    assert.equal(session.projectID, "project-app");
    assert.equal(session.stamp, "a1");
    assert.ok(session.createdMs > 0);
    columns.putSession(aLedgerSession({ id: "s", title: "old", seenS: 15 }));
    assert.equal(columns.sessions[0]?.title, "new");
  });

  it("makes impossible figures zero and says so", () => {
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

  it("tells flags apart from ranks", () => {
    const table = aTable({
      rows: [aRow({ messageID: "m", isGone: true, hasBadFigures: true, rank: RANK_RECORDED })],
    });
    assert.equal(table.flags[0]! & ROW_GONE, ROW_GONE);
    assert.equal(table.flags[0]! & ROW_BAD_FIGURES, ROW_BAD_FIGURES);
  });
});
