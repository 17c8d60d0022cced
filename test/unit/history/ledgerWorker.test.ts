import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import path from "node:path";
import { SILENT_LOG } from "../../../src/core/log.ts";
import type { FillProgress } from "../../../src/history/fill.ts";
import type { LedgerJob } from "../../../src/history/ledgerJob.ts";
import { loadLedger } from "../../../src/history/ledgerFolder.ts";
import { runLedgerJob } from "../../../src/history/runLedgerJob.ts";
import { findSqlite } from "../../../src/history/sqlite.ts";
import { UsageLedger } from "../../../src/history/usageLedger.ts";
import {
  aRow,
  LEDGER_MS,
  messageIDOf,
  runTestsInNode24,
  temporaryFolder,
} from "../../support/ledger.ts";
import { ledgerPrograms } from "../../support/ledgerWorker.ts";
import { OpenCodeTables } from "../../support/openCodeTables.ts";

const PLACE = { id: "db", name: "This machine" };

describe("the ledger's worker", function () {
  this.timeout(120_000);
  let folder: string;
  let worker: string;

  before(async () => {
    ({ worker } = await ledgerPrograms());
  });
  beforeEach(async () => {
    folder = temporaryFolder();
    await loadLedger(path.join(folder, "ledger"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const fillJob = (): LedgerJob => ({
    kind: "fill",
    folder: path.join(folder, "ledger"),
    database: path.join(folder, "opencode.db"),
    place: PLACE,
  });

  it("puts a folder in order when that is worth while", async () => {
    const ledgerFolder = path.join(folder, "ledger");
    for (let piece = 0; piece < 26; piece++) {
      const ledger = await UsageLedger.open({ folder: ledgerFolder, log: SILENT_LOG });
      await ledger.record({ rows: [aRow({ messageID: messageIDOf(piece) })] }, "db");
      await ledger.dispose();
    }
    const tidy = { kind: "tidy", folder: ledgerFolder } as const;
    assert.equal((await runLedgerJob(tidy, { worker })).kind, "filled");
    const { columns, files } = await loadLedger(ledgerFolder);
    assert.equal(columns.length, 26);
    assert.deepEqual([...files.keys()], ["base.ledger"]);
    assert.deepEqual(await runLedgerJob(tidy, { worker }), { kind: "unchanged" });
  });

  it("says what is wrong when it cannot run or work", async () => {
    const missing = await runLedgerJob(fillJob(), { worker: path.join(folder, "missing.cjs") });
    assert.ok(missing.kind === "unavailable" && missing.reason === "unreadable");
    const job = { kind: "tidy", folder: path.join(folder, "opencode.db", "x") } as const;
    const unwritable = await runLedgerJob(job, { worker });
    assert.ok(unwritable.kind === "unavailable" && unwritable.message.length > 5);
  });

  it("does not begin what is cancelled already", async () => {
    assert.deepEqual(await runLedgerJob(fillJob(), { worker, signal: AbortSignal.abort() }), {
      kind: "cancelled",
    });
  });

  if (findSqlite() === undefined) {
    it("says that this runtime has no SQLite", async () => {
      const outcome = await runLedgerJob(fillJob(), { worker });
      assert.ok(outcome.kind === "unavailable" && outcome.reason === "noSqlite");
    });

    it("passes under Node 24", async () => {
      await runTestsInNode24(import.meta.url);
    });
  } else {
    it("fills beside its host, tells how far it is, and can be stopped", async () => {
      const tables = new OpenCodeTables(path.join(folder, "opencode.db"));
      tables.session("ses_1", { createdMs: LEDGER_MS });
      tables.exec("BEGIN");
      for (let number = 0; number < 120_000; number++) {
        tables.answer({ id: messageIDOf(number), sessionID: "ses_1", createdMs: LEDGER_MS });
      }
      tables.exec("COMMIT");
      tables.close();
      const told: FillProgress[] = [];
      const stop = new AbortController();
      const stopped = await runLedgerJob(fillJob(), {
        worker,
        signal: stop.signal,
        onProgress: (progress) => {
          told.push(progress);
          stop.abort();
        },
      });
      assert.deepEqual(stopped, { kind: "cancelled" });
      assert.ok(told.length > 0 && (told[0]?.rows ?? 0) < 120_000);
      assert.equal((await loadLedger(path.join(folder, "ledger"))).columns.length, 0);
      let turns = 0;
      const turning = setInterval(() => turns++, 1);
      const outcome = await runLedgerJob(fillJob(), { worker });
      clearInterval(turning);
      assert.deepEqual(outcome, { kind: "filled", sessions: 1, rows: 120_000, goneRows: 0 });
      assert.ok(turns > 20, `the host took ${turns} turns meanwhile`);
    });
  }
});
