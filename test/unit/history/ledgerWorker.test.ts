import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import path from "node:path";
import type { FillProgress } from "../../../src/history/fill.ts";
import type { LedgerJob } from "../../../src/history/ledgerJob.ts";
import { runLedgerJob } from "../../../src/history/runLedgerJob.ts";
import { LEDGER_MS, messageIDOf, tableIn, temporaryFolder } from "../../support/seed/ledger.ts";
import { ledgerPrograms } from "../../support/seed/ledgerWorker.ts";
import { OpenCodeTables } from "../../support/opencode/openCodeTables.ts";

const PLACE = { id: "db", name: "This machine" };

describe("the ledger's worker", function () {
  let folder: string;
  let worker: string;

  before(async () => {
    ({ worker } = await ledgerPrograms());
  });
  beforeEach(() => {
    folder = temporaryFolder();
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

  it("reports why it cannot start or work", async () => {
    const missing = await runLedgerJob(fillJob(), { worker: path.join(folder, "missing.cjs") });
    assert.ok(missing.kind === "unavailable" && missing.reason === "unreadable");
    const job = { ...fillJob(), folder: path.join(folder, "opencode.db", "x") };
    const unwritable = await runLedgerJob(job, { worker });
    assert.ok(unwritable.kind === "unavailable" && unwritable.message.length > 5);
  });

  it("does not start a job that is already cancelled", async () => {
    assert.deepEqual(await runLedgerJob(fillJob(), { worker, signal: AbortSignal.abort() }), {
      kind: "cancelled",
    });
  });

  it("fills alongside its host, reports progress, and can be stopped", async () => {
    const tables = new OpenCodeTables(path.join(folder, "opencode.db"));
    tables.exec("BEGIN");
    for (let number = 0; number < 120_000; number++) {
      const sessionID = `ses_${Math.floor(number / 80)}`;
      if (number % 80 === 0) tables.session(sessionID, { createdMs: LEDGER_MS });
      tables.answer({ id: messageIDOf(number), sessionID, createdMs: LEDGER_MS });
    }
    tables.exec("COMMIT");
    tables.close();
    const reported: FillProgress[] = [];
    const stop = new AbortController();
    const stopped = await runLedgerJob(fillJob(), {
      worker,
      signal: stop.signal,
      onProgress: (progress) => {
        reported.push(progress);
        stop.abort();
      },
    });
    assert.deepEqual(stopped, { kind: "cancelled" });
    assert.ok(reported.length > 0 && (reported[0]?.rows ?? 0) < 120_000);
    assert.equal(tableIn(path.join(folder, "ledger")).length, 0);
    let turns = 0;
    const turning = setInterval(() => turns++, 1);
    const outcome = await runLedgerJob(fillJob(), { worker });
    clearInterval(turning);
    assert.deepEqual(outcome, { kind: "filled", sessions: 1500, rows: 120_000, goneRows: 0 });
    assert.ok(turns > 20, `the host took ${turns} turns meanwhile`);
  });
});
