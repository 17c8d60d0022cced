import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ledgerFile, makeLedgerFile } from "../../../src/history/ledgerFile.ts";
import { doMaintenanceJob } from "../../../src/history/maintenanceJob.ts";
import { LedgerDatabase } from "../../../src/history/ledgerDatabase.ts";
import { rowsOfTable, tableIn, temporaryFolder } from "../../support/seed/ledger.ts";

/** Written by the last version that used frame files, with the contents it read from them. */
const FIXTURE = new URL("../../fixtures/ledger-of-frames", import.meta.url).pathname;

interface Expected {
  readonly rows: Readonly<Record<string, string>>;
  readonly sessions: readonly {
    readonly id: string;
    readonly seenS: number;
    readonly stamp?: string;
  }[];
}

describe("an earlier version's ledger", () => {
  let folder: string;
  const expected = JSON.parse(readFileSync(path.join(FIXTURE, "rows.json"), "utf8")) as Expected;
  const takeOver = () => doMaintenanceJob({ kind: "checkLedger", folder });
  const left = (): string[] => readdirSync(folder).filter((name) => /\.ledger$|prices/.test(name));

  beforeEach(() => {
    folder = temporaryFolder();
    cpSync(FIXTURE, folder, { recursive: true });
    makeLedgerFile(ledgerFile(folder));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("is migrated with every row, session and price, and then removed", async () => {
    const outcome = await takeOver();
    assert.ok(outcome.kind === "checked");
    assert.deepEqual([outcome.damaged, outcome.faults], [[], []]);
    const table = tableIn(folder);
    assert.deepEqual(rowsOfTable(table), expected.rows);
    for (const { seenS, stamp, ...session } of expected.sessions) {
      const now = table.sessions[table.sessionIndex(session.id) ?? -1];
      const { observedAtS, stamp: newStamp, ...known } = now!;
      // The next fill rereads every session, because the meaning of stamps has changed.
      assert.equal(newStamp, stamp === undefined ? undefined : "");
      assert.equal(observedAtS, seenS);
      assert.deepEqual(JSON.parse(JSON.stringify(known)), session);
    }
    const ledger = LedgerDatabase.open(ledgerFile(folder), 0);
    assert.deepEqual(ledger.prices.get("acme/sonnet"), {
      input: 3,
      output: 15,
      cacheRead: 0.3,
      cacheWrite: 3.75,
    });
    ledger.close();
    assert.deepEqual(left(), ["journal-host-1-0123456789abcdef.ledger"], "it has only just grown");
    await takeOver();
    assert.deepEqual(rowsOfTable(tableIn(folder)), expected.rows);
  });

  it("is kept and reported as damaged whichever byte is wrong, and never migrated incorrectly", async () => {
    const file = path.join(folder, "base.ledger");
    const good = readFileSync(file);
    for (let at = 16; at < good.length; at += 131) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] ?? 0) ^ 0x41;
      writeFileSync(file, bad);
      rmSync(ledgerFile(folder), { force: true });
      const outcome = await takeOver();
      assert.ok(outcome.kind === "checked", JSON.stringify(outcome));
      assert.deepEqual(outcome.damaged, ["damaged-base.ledger"], `byte ${at}`);
      assert.deepEqual(readFileSync(path.join(folder, "damaged-base.ledger")), bad);
      for (const [id, words] of Object.entries(rowsOfTable(tableIn(folder)))) {
        assert.equal(words, expected.rows[id], `byte ${at}, ${id}`);
      }
    }
  });
});
