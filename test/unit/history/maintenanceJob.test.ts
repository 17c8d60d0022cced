import assert from "node:assert/strict";
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

import { ledgerFile } from "../../../src/history/ledgerFile.ts";
import { doMaintenanceJob, type MaintenanceJob } from "../../../src/history/maintenanceJob.ts";
import { runMaintenanceJob } from "../../../src/history/runLedgerJob.ts";
import { LEDGER_MS, messageIDOf, temporaryFolder } from "../../support/seed/ledger.ts";
import { fillLedger } from "../../support/seed/ledgerCopies.ts";
import { ledgerPrograms } from "../../support/seed/ledgerWorker.ts";
import { OpenCodeTables } from "../../support/opencode/openCodeTables.ts";
import { until } from "../../support/until.ts";

describe("database maintenance", function () {
  let folder: string;
  let worker: string;
  let database: string;
  let target: string;

  before(async () => {
    ({ worker } = await ledgerPrograms());
  });
  beforeEach(() => {
    folder = temporaryFolder();
    database = path.join(folder, "open'code.db");
    target = path.join(folder, "backup.db");
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const run = async (job: MaintenanceJob, signal?: AbortSignal) =>
    await runMaintenanceJob(job, { worker, ...(signal === undefined ? {} : { signal }) });
  const backUp = (): MaintenanceJob => ({ kind: "backUp", database, target });

  it("reports an error if there is no database", async () => {
    const inspected = await run({ kind: "inspect", database });
    assert.equal(inspected.kind, "failed");
    const copied = await run(backUp());
    assert.ok(copied.kind === "failed" || copied.kind === "noSqlite");
    assert.deepEqual(readdirSync(folder), []);
  });

  function aDatabase(answers: number): OpenCodeTables {
    const tables = new OpenCodeTables(database);
    tables.session("ses_1", { createdMs: LEDGER_MS });
    tables.exec("BEGIN");
    for (let number = 0; number < answers; number++) {
      tables.answer({ id: messageIDOf(number), sessionID: "ses_1", createdMs: LEDGER_MS });
    }
    tables.exec("COMMIT");
    return tables;
  }

  it("finds no faults in a healthy database that is being written to", async () => {
    const tables = aDatabase(100);
    tables.exec("BEGIN IMMEDIATE");
    const found = await run({ kind: "inspect", database });
    tables.exec("COMMIT");
    tables.close();
    assert.ok(found.kind === "inspected");
    assert.deepEqual(
      [found.faults, found.generations, found.sessions, found.journalMode],
      [[], 1, 1, "wal"],
    );
    assert.match(found.sqliteVersion, /^3\./);
  });

  it("finds damage, and does not overwrite a good backup with it", async () => {
    aDatabase(5_000).close();
    const bytes = readFileSync(database);
    // Overwrites some index pages in the middle.
    for (let at = Math.floor(bytes.length / 2); at < bytes.length / 2 + 20_000; at++) bytes[at] = 7;
    writeFileSync(database, bytes);
    const found = await run({ kind: "inspect", database });
    assert.ok(found.kind === "failed" || (found.kind === "inspected" && found.faults.length > 0));
    writeFileSync(target, "the backup of yesterday");
    const copied = await run(backUp());
    assert.equal(copied.kind, "failed");
    assert.equal(readFileSync(target, "utf8"), "the backup of yesterday");
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes("part")),
      [],
    );
  });

  it("reports faults in a copy even if all of it is readable", async () => {
    const tables = aDatabase(10);
    tables.exec("CREATE TABLE extra (name TEXT)");
    tables.exec("CREATE INDEX extra_by_name ON extra (name)");
    tables.exec("INSERT INTO extra VALUES ('a marker in the file')");
    tables.close();
    // The text is stored twice, in the table and in its index; now they differ.
    const bytes = readFileSync(database);
    bytes[bytes.lastIndexOf("a marker in the file")] = 0x62;
    writeFileSync(database, bytes);
    const found = await run({ kind: "inspect", database });
    assert.ok(found.kind === "inspected");
    assert.match(found.faults[0] ?? "", /missing from index extra_by_name/);
    const copied = await run(backUp());
    assert.ok(copied.kind === "failed");
    assert.match(copied.message, /^the copy is damaged \(row 1 missing from index/);
    assert.equal(existsSync(target), false);
  });

  it("copies a consistent snapshot of a database, including its log", async () => {
    const tables = aDatabase(3_000);
    // A plain copy of the file would lack the log's contents.
    const plain = path.join(folder, "plain.db");
    copyFileSync(database, plain);
    assert.equal(existsSync(`${database}-wal`), true);
    // Not yet committed, so not in the copy.
    tables.exec("BEGIN");
    tables.session("ses_2", { createdMs: LEDGER_MS });
    const copied = await run(backUp());
    tables.exec("COMMIT");
    tables.close();
    assert.ok(copied.kind === "done", JSON.stringify(copied));
    assert.equal(copied.sessions, 1);
    assert.ok(copied.bytes > 100_000);
    const found = await run({ kind: "inspect", database: target });
    assert.ok(found.kind === "inspected" && found.faults.length === 0 && found.sessions === 1);
    const naive = await run({ kind: "inspect", database: plain });
    assert.ok(naive.kind !== "inspected" || naive.sessions === 0);
  });

  it("writes a copy that only its user can read, and through no link", async function () {
    if (process.platform === "win32") return;
    aDatabase(10).close();
    const precious = path.join(folder, "precious");
    writeFileSync(precious, "");
    symlinkSync(precious, `${target}.part`);
    const umask = process.umask(0);
    try {
      assert.equal((await run(backUp())).kind, "done");
    } finally {
      process.umask(umask);
    }
    assert.equal(statSync(target).mode & 0o777, 0o600);
    assert.equal(readFileSync(precious, "utf8"), "");
  });

  const backupFiles = () => readdirSync(folder).filter((name) => name.startsWith("backup"));

  /** Where a worker can be held back, by code that runs in it before the job. */
  const gates = {
    "while the copy is being made":
      'const sqlite = process.getBuiltinModule("node:sqlite"); const copy = sqlite.backup; sqlite.backup = (...all) => copy(...all).then(hold);',
    "just after the whole copy was made":
      'require("node:worker_threads").parentPort.postMessage = () => void hold();',
  };
  for (const [when, patch] of Object.entries(gates)) {
    it(`stops at once when cancelled ${when}, and leaves nothing behind`, async () => {
      aDatabase(100).close();
      writeFileSync(target, "the backup of yesterday");
      const reached = path.join(folder, "reached");
      const gate = path.join(folder, "gate.cjs");
      const hold = `const hold = () => { require("node:fs").writeFileSync(${JSON.stringify(reached)}, ""); setInterval(() => {}, 1e6); return new Promise(() => {}); };`;
      writeFileSync(gate, `${hold}\n${patch}\nrequire(${JSON.stringify(worker)});`);
      const stop = new AbortController();
      const running = runMaintenanceJob(backUp(), { worker: gate, signal: stop.signal });
      await until("the worker to be held back", () => existsSync(reached));
      stop.abort();
      assert.deepEqual(await running, { kind: "cancelled" });
      assert.deepEqual(backupFiles(), ["backup.db"]);
      assert.equal(readFileSync(target, "utf8"), "the backup of yesterday");
    });
  }

  it("copies nothing if it was cancelled before", async () => {
    aDatabase(100).close();
    assert.deepEqual(await run(backUp(), AbortSignal.abort()), { kind: "cancelled" });
    assert.deepEqual(backupFiles(), []);
  });

  it("reports a ledger row that violates its table's rules as a fault", async () => {
    aDatabase(3).close();
    assert.equal(fillLedger(folder, database).kind, "filled");
    const file = ledgerFile(folder);
    const sound = readFileSync(file);
    const id = messageIDOf(1);
    let flips = 0;
    // A row's column types precede its text.
    for (let text = sound.indexOf(id); text >= 0; text = sound.indexOf(id, text + 1)) {
      for (let at = text - 24; at < text; at++) {
        const bytes = Buffer.from(sound);
        bytes[at] = (bytes[at] ?? 0) ^ 0x80;
        writeFileSync(file, bytes);
        const found = await doMaintenanceJob({ kind: "checkLedger", folder });
        assert.ok(found.kind === "checked" && found.faults.length > 0, `byte ${String(at)}`);
        flips++;
      }
    }
    assert.ok(flips > 0);
  });
});
