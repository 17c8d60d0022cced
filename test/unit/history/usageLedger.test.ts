import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { SILENT_LOG } from "../../../src/core/log.ts";
import { openLedgerFile } from "../../../src/history/openLedger.ts";
import { ledgerFile } from "../../../src/history/ledgerFile.ts";
import { UsageLedger, type UsageLedgerOptions } from "../../../src/history/usageLedger.ts";
import { syncLog } from "../../../src/history/writeAheadLog.ts";
import { poll } from "../../support/opencode/client.ts";
import { patientMs } from "../../support/patience.mjs";
import { aModel } from "../../support/seed/builders.ts";
import { copyLedger } from "../../support/seed/ledgerCopies.ts";
import {
  aLedgerSession,
  aRow,
  messageIDOf,
  rowsOfTable,
  tableIn,
  temporaryFolder,
} from "../../support/seed/ledger.ts";
import { ledgerPrograms } from "../../support/seed/ledgerWorker.ts";
import { until } from "../../support/until.ts";

const PRICE = { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 };

/** Starts a separate window that records rows `from` up to `until`, prints each number, and stays open. */
function startWindow(folder: string, from: number, until: number): ChildProcess {
  const program = fileURLToPath(new URL("../../support/seed/ledgerWindow.ts", import.meta.url));
  return spawn(
    process.execPath,
    ["--no-warnings", "--import", "tsx", program, folder, String(from), String(until)],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
}

/** The longest time without a turn of the event loop, over a period longer than the pause between two write attempts. */
async function longestPauseMs(): Promise<number> {
  let [longest, lastMs] = [0, performance.now()];
  for (const endMs = lastMs + 600; lastMs < endMs;) {
    await delay(patientMs(1));
    const nowMs = performance.now();
    longest = Math.max(longest, nowMs - lastMs);
    lastMs = nowMs;
  }
  return longest;
}

describe("the usage ledger's file", function () {
  let folder: string;
  let warnings: string[];
  const open: UsageLedger[] = [];

  const openLedger = async (
    options: Pick<UsageLedgerOptions, "sync" | "worker"> = {},
  ): Promise<UsageLedger> => {
    const log = { ...SILENT_LOG, warn: (_: string, message: string) => warnings.push(message) };
    const ledger = await UsageLedger.open({ folder, log, now: Date.now, ...options });
    open.push(ledger);
    return ledger;
  };
  const row = (number: number) => ({ rows: [aRow({ messageID: messageIDOf(number) })] });

  beforeEach(() => {
    folder = temporaryFolder();
    warnings = [];
  });
  afterEach(async () => {
    for (const ledger of open.splice(0)) await ledger.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  it("remembers everything recorded", async () => {
    const ledger = await openLedger();
    await ledger.record(
      {
        places: [{ id: "db", name: "This machine" }],
        sessions: [
          aLedgerSession({ id: "ses_1", parentID: "ses_0", command: "review", stamp: "d1" }),
        ],
        rows: [
          aRow({ messageID: messageIDOf(1), costUSD: 0.123456789, tokens: { reasoning: 7 } }),
          aRow({ messageID: messageIDOf(2), agent: "plan", isSummary: true, hasBadFigures: true }),
        ],
      },
      "db",
    );
    await ledger.record({ rows: [aRow({ messageID: messageIDOf(3), isGone: true })] }, "db");
    const before = rowsOfTable(ledger.table);
    assert.equal(Object.keys(before).length, 3);
    await ledger.dispose();
    const again = await openLedger();
    assert.deepEqual(rowsOfTable(again.table), before);
    assert.deepEqual(again.table.sessions, ledger.table.sessions);
    assert.deepEqual(again.table.places, [{ id: "db", name: "This machine" }]);
  });

  it("acknowledges a change only once the disk has it", async () => {
    const synced: (() => void)[] = [];
    const sync = (file: string) =>
      new Promise<void>((resolve) => synced.push(resolve)).then(() => syncLog(file));
    const ledger = await openLedger({ sync });
    const order: string[] = [];
    const so = (): string => order.join(", ");
    const recorded = [1, 2].map(async (number) => {
      await ledger.record(row(number), "db");
      order.push(`acknowledged ${String(number)}`);
    });
    await until("the write is synced", () => synced.length === 1);
    // Arrives during the sync, and is not covered by it.
    const later = ledger.record(row(3), "db").then(() => {
      order.push("acknowledged 3");
    });
    await ledger.refresh();
    assert.equal(so(), "");
    assert.equal(synced.length, 1, "nothing is written before the disk has what was written");
    order.push("synced 1 and 2");
    synced[0]?.();
    await Promise.all(recorded);
    await until("the next one is synced", () => synced.length === 2);
    order.push("synced 3");
    synced[1]?.();
    await later;
    assert.equal(so(), "synced 1 and 2, acknowledged 1, acknowledged 2, synced 3, acknowledged 3");
  });

  it("keeps what the disk refused, and acknowledges it with the next changes", async () => {
    let refusals = 1;
    const ledger = await openLedger({
      sync: (file) => (refusals-- > 0 ? Promise.reject(new Error("I/O error")) : syncLog(file)),
    });
    await assert.rejects(ledger.record(row(1), "db"), /I\/O error/);
    assert.deepEqual(
      ledger.problems.map(({ kind }) => kind),
      ["notWritten"],
    );
    await ledger.record(row(2), "db");
    assert.deepEqual(ledger.problems, []);
    await ledger.dispose();
    assert.equal(Object.keys(rowsOfTable((await openLedger()).table)).length, 2);
  });

  for (const isRefused of [false, true]) {
    const end = isRefused ? ", which refused it" : "";
    it(`writes once more what a new file replaced before the disk had it${end}`, async () => {
      const synced: (() => void)[] = [];
      const sync = async (file: string) => {
        const isFirst = synced.length === 0;
        await new Promise<void>((resolve) => synced.push(resolve));
        if (isFirst && isRefused) throw new Error("no such file");
        return syncLog(file);
      };
      const ledger = await openLedger({ sync });
      const recorded = ledger.record(row(1), "db");
      await until("the write is synced", () => synced.length === 1);
      ledger.replaceDamaged("flipped bits");
      synced[0]?.();
      await until("the next one is synced", () => synced.length === 2);
      synced[1]?.();
      await recorded;
      assert.equal(Object.keys(rowsOfTable(ledger.table)).length, 1);
      assert.deepEqual(
        ledger.problems.map(({ kind }) => kind),
        ["damaged"],
      );
    });
  }

  it("writes once more what another window's new file replaced unnoticed", async () => {
    const synced: (() => void)[] = [];
    const sync = (file: string) =>
      new Promise<void>((resolve) => synced.push(resolve)).then(() => syncLog(file));
    const ledger = await openLedger({ sync });
    const recorded = ledger.record(row(1), "db");
    await until("the write is synced", () => synced.length === 1);
    const file = ledgerFile(folder);
    for (const end of ["", "-wal", "-shm"]) renameSync(file + end, `${file}.old${end}`);
    const other = await openLedger();
    await other.record(row(2), "db");
    synced[0]?.();
    await until("the next one is synced", () => synced.length === 2);
    synced[1]?.();
    await recorded;
    await other.refresh();
    assert.equal(Object.keys(rowsOfTable(other.table)).length, 2);
  });

  it("has its worker create the file and move a long log into it", async () => {
    const { worker } = await ledgerPrograms();
    let longest = 0;
    const sync = async (file: string) => {
      const bytes = await syncLog(file);
      longest = Math.max(longest, bytes);
      return bytes;
    };
    const ledger = await openLedger({ worker, sync });
    let number = 0;
    while (longest <= 4_096_000) {
      const rows = Array.from({ length: 2_000 }, () => aRow({ messageID: messageIDOf(number++) }));
      await ledger.record({ rows }, "db");
    }
    const log = `${ledgerFile(folder)}-wal`;
    await until("the log is empty", () => statSync(log).size === 0);
    await ledger.record(row(number++), "db");
    assert.deepEqual(warnings, []);
    await ledger.dispose();
    assert.equal(Object.keys(rowsOfTable((await openLedger()).table)).length, number);
  });

  it("is readable only by its user", async () => {
    const ledger = await openLedger();
    await ledger.record(row(1), "db");
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    const modes = readdirSync(folder).map((name) => statSync(path.join(folder, name)).mode & 0o777);
    assert.ok(modes.length >= 2);
    assert.ok(
      modes.every((mode) => mode === 0o600),
      modes.map((mode) => mode.toString(8)).join(" "),
    );
  });

  it("accepts many concurrent calls, including those made while it writes", async () => {
    const ledger = await openLedger();
    const recorded: Promise<void>[] = [];
    for (let number = 0; number < 300; number++) {
      recorded.push(ledger.record(row(number), "db"));
      if (number % 30 === 0) await delay(patientMs(1));
    }
    await Promise.all(recorded);
    assert.equal(tableIn(folder).length, 300);
  });

  it("keeps every acknowledged row of a window that is killed while it writes", async () => {
    const child = startWindow(folder, 0, 100_000);
    let said = "";
    child.stdout?.on("data", (chunk: Buffer) => (said += chunk.toString()));
    await until("rows are recorded", () => said.split("\n").length >= 60);
    child.kill("SIGKILL");
    await once(child, "close");
    const acknowledged = said.split("\n").slice(0, -1).map(Number);
    assert.ok(acknowledged.length >= 50);
    const rows = rowsOfTable(tableIn(folder));
    for (const number of acknowledged) {
      assert.ok(rows[messageIDOf(number)] !== undefined, String(number));
    }
  });

  it("accepts concurrent writes from two windows while a third one reads", async () => {
    const reader = await openLedger();
    const windows = [startWindow(folder, 0, 120), startWindow(folder, 60, 180)];
    const ended = windows.map((window) => once(window, "close"));
    const running = new AbortController();
    const reading = (async () => {
      while (!running.signal.aborted) {
        await reader.refresh();
        await delay(patientMs(5));
      }
    })();
    await Promise.all(ended);
    running.abort();
    await reading;
    await reader.refresh();
    const rows = rowsOfTable(tableIn(folder));
    assert.equal(Object.keys(rows).length, 180);
    assert.deepEqual(rowsOfTable(reader.table), rows);
  });

  it("reads a long ledger in small chunks, and writes afterwards", async () => {
    const writer = await openLedger();
    const rows = Array.from({ length: 60_000 }, (_, at) => aRow({ messageID: messageIDOf(at) }));
    await writer.record({ rows }, "db");
    let turns = 0;
    const ticking = setInterval(() => turns++, 1);
    const reader = await openLedger();
    clearInterval(ticking);
    assert.equal(reader.table.length, 60_000);
    assert.ok(turns > 2, `others had ${String(turns)} turns`);

    await writer.record(
      { rows: rows.map((each) => ({ ...each, costUSD: 1, observedAtS: 2000 })) },
      "db",
    );
    const reading = reader.refresh();
    assert.ok(reader.isReading);
    const written = reader.record(row(60_000), "db");
    assert.equal(await reading, true);
    await written;
    assert.equal(reader.table.length, 60_001);
    assert.equal(
      reader.table.costUSD.subarray(0, 60_000).every((cost) => cost === 1),
      true,
    );
  });

  it("reads another window's rows in small chunks even while writing itself", async () => {
    const [writer, reader] = [await openLedger(), await openLedger()];
    const rows = Array.from({ length: 60_000 }, (_, at) => aRow({ messageID: messageIDOf(at) }));
    await writer.record({ rows }, "db");
    const written = reader.record(row(60_000), "db");
    const seen = new Set<number>();
    const looking = setInterval(() => seen.add(reader.table.length), 1);
    await written;
    clearInterval(looking);
    assert.equal(reader.table.length, 60_001);
    assert.ok(seen.size > 2, `it was seen with ${[...seen].join(", ")} rows`);
  });

  it("continues with a new file if it finds damage while reading", async () => {
    const writer = await openLedger();
    const rows = Array.from({ length: 60_000 }, (_, at) => aRow({ messageID: messageIDOf(at) }));
    await writer.record({ rows }, "db");
    const reader = await openLedger();
    await writer.record(
      { rows: rows.map((each) => ({ ...each, costUSD: 1, observedAtS: 2000 })) },
      "db",
    );
    const reading = reader.refresh();
    reader.replaceDamaged("it does not add up");
    assert.equal(await reading, true);
    assert.equal(reader.table.length, 0);
    await reader.record(row(1), "db");
    assert.equal(reader.table.length, 1);
  });

  it("loads another window's rows on refresh", async () => {
    const [first, second] = [await openLedger(), await openLedger()];
    let changes = 0;
    second.onDidChange(() => changes++);
    await first.record(row(1), "db");
    assert.equal(second.table.length, 0);
    assert.equal(await second.refresh(), true);
    assert.equal(second.table.length, 1);
    assert.equal(changes, 1);
    assert.equal(await second.refresh(), false);
    const better = aRow({ messageID: messageIDOf(1), costUSD: 0.5, observedAtS: 2000 });
    await first.record({ rows: [better] }, "db");
    await second.refresh();
    assert.equal(second.table.length, 1);
    assert.equal(second.table.costUSD[0], 0.5);
  });

  it("is written once another window releases its lock", async () => {
    const ledger = await openLedger();
    const other = openLedgerFile(ledgerFile(folder), 0);
    other.exec("BEGIN IMMEDIATE");
    const recorded = ledger.record(row(1), "db");
    // Other work may also stall this process, but not repeatedly.
    await poll("the host taking its turns meanwhile", async () =>
      (await longestPauseMs()) < 150 ? true : undefined,
    );
    assert.equal(ledger.table.length, 0);
    other.exec("ROLLBACK");
    other.close();
    await recorded;
    assert.equal(ledger.table.length, 1);
    assert.deepEqual(ledger.problems, []);
  });

  it("keeps rows the disk refuses, reports it once, and writes them later", async () => {
    const ledger = await openLedger();
    await ledger.record(row(0), "db");
    const other = openLedgerFile(ledgerFile(folder), 0);
    other.exec(
      "CREATE TRIGGER refuse BEFORE INSERT ON answer BEGIN SELECT RAISE(ABORT, 'disk full'); END",
    );
    for (let number = 1; number <= 20; number++) {
      await assert.rejects(ledger.record(row(number), "db"), /disk full/);
    }
    assert.equal(ledger.problems.length, 1);
    assert.match(ledger.problems[0]?.message ?? "", /cannot be written \(disk full\)/);
    assert.equal(warnings.length, 1);
    other.exec("DROP TRIGGER refuse");
    other.close();
    await ledger.record(row(21), "db");
    assert.equal(tableIn(folder).length, 22);
    assert.deepEqual(ledger.problems, []);
  });

  it("writes rows the disk had refused when it is closed", async () => {
    const ledger = await openLedger();
    const other = openLedgerFile(ledgerFile(folder), 0);
    other.exec(
      "CREATE TRIGGER refuse BEFORE INSERT ON answer BEGIN SELECT RAISE(ABORT, 'disk full'); END",
    );
    await assert.rejects(ledger.record(row(1), "db"));
    other.exec("DROP TRIGGER refuse");
    other.close();
    await ledger.dispose();
    assert.equal(tableIn(folder).length, 1);
  });

  it("is set aside if damaged, reported once, and started afresh", async () => {
    const ledger = await openLedger();
    await ledger.record(row(1), "db");
    await ledger.dispose();
    const file = ledgerFile(folder);
    const bytes = readFileSync(file);
    bytes.fill(0x41, 0, 200);
    writeFileSync(file, bytes);
    const opened = await openLedger();
    assert.equal(opened.table.length, 0);
    assert.deepEqual(
      opened.problems.map(({ kind }) => kind),
      ["damaged"],
    );
    const [aside] = readdirSync(folder).filter((name) => name.startsWith("damaged-"));
    assert.ok(aside !== undefined && opened.problems[0]?.message.includes(aside));
    assert.deepEqual(readFileSync(path.join(folder, aside)), bytes);
    await opened.record(row(2), "db");
    assert.deepEqual(Object.keys(rowsOfTable(tableIn(folder))), [messageIDOf(2)]);
  });

  it("reports that the end of its log is lost, and has everything read again", async () => {
    const ledger = await openLedger();
    const stamped = (id: string) => ({ sessions: [aLedgerSession({ id, stamp: "read" })] });
    await ledger.record({ ...stamped("ses_1"), ...row(1) }, "db");
    const { size: kept } = statSync(`${ledgerFile(folder)}-wal`);
    await ledger.record({ ...stamped("ses_2"), ...row(2) }, "db");
    await ledger.record(row(3), "db");
    // The state a crash leaves behind.
    const crashed = folder;
    folder = temporaryFolder();
    copyLedger(crashed, folder);
    const untouched = await openLedger();
    assert.deepEqual([untouched.table.length, untouched.problems], [3, []]);
    await untouched.dispose();
    copyLedger(crashed, folder);
    const log = readFileSync(`${ledgerFile(folder)}-wal`);
    // Inside the first page of the second write.
    log[kept + 1000] = (log[kept + 1000] ?? 0) ^ 1;
    writeFileSync(`${ledgerFile(folder)}-wal`, log);
    const opened = await openLedger();
    assert.deepEqual(Object.keys(rowsOfTable(opened.table)), [messageIDOf(1)]);
    assert.deepEqual(
      opened.table.sessions.map(({ stamp }) => stamp),
      [undefined],
    );
    assert.match(opened.problems[0]?.message ?? "", /^The end of the usage ledger was damaged/);
    assert.equal(warnings.length, 1);
    const second = await openLedger();
    assert.deepEqual(second.problems, []);
    rmSync(crashed, { recursive: true });
  });

  it("does not treat an unfinished write after a crash as damage", async () => {
    const ledger = await openLedger();
    await ledger.record(row(1), "db");
    const { size: kept } = statSync(`${ledgerFile(folder)}-wal`);
    await ledger.record(row(2), "db");
    const crashed = folder;
    folder = temporaryFolder();
    copyLedger(crashed, folder);
    truncateSync(`${ledgerFile(folder)}-wal`, kept + 5000);
    const opened = await openLedger();
    assert.deepEqual(Object.keys(rowsOfTable(opened.table)), [messageIDOf(1)]);
    assert.deepEqual(opened.problems, []);
    rmSync(crashed, { recursive: true });
  });

  it("is set aside by one window, and the others switch to the new file", async () => {
    const [first, second] = [await openLedger(), await openLedger()];
    await first.record(row(1), "db");
    await second.refresh();
    const { ino } = statSync(ledgerFile(folder));
    first.replaceDamaged("row 1 missing from index", ino);
    await second.record(row(2), "db");
    second.replaceDamaged("the same, found later", ino);
    await first.refresh();
    assert.deepEqual(Object.keys(rowsOfTable(first.table)), [messageIDOf(2)]);
    assert.deepEqual(rowsOfTable(second.table), rowsOfTable(first.table));
  });

  it("is not touched if a newer version wrote it", async () => {
    const ledger = await openLedger();
    await ledger.dispose();
    const file = openLedgerFile(ledgerFile(folder), 0);
    file.exec("PRAGMA user_version = 99");
    file.close();
    await assert.rejects(openLedger(), /newer version/);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith("damaged-")),
      [],
    );
  });

  it("cannot be opened if its folder cannot be created", async () => {
    writeFileSync(path.join(folder, "file"), "");
    folder = path.join(folder, "file");
    await assert.rejects(openLedger());
    rmSync(folder);
    mkdirSync(folder);
  });

  it("keeps list prices after they have left the catalogue", async () => {
    const ledger = await openLedger();
    const told = [aModel(), aModel({ modelID: "free", price: undefined })];
    assert.equal(await ledger.learnPrices(told), true);
    assert.equal(await ledger.learnPrices([aModel()]), false);
    assert.equal(await ledger.learnPrices([aModel({ price: undefined })]), false);
    const again = await openLedger();
    assert.deepEqual([...again.prices], [["acme/sonnet", PRICE]]);
    assert.equal(await again.learnPrices([aModel({ price: { ...PRICE, input: 4 } })]), true);
    await ledger.refresh();
    assert.equal(ledger.prices.get("acme/sonnet")?.input, 4);
  });

  it("keeps the prices of two windows that learn them at the same moment", async () => {
    const [first, second] = [await openLedger(), await openLedger()];
    await Promise.all([
      first.learnPrices([aModel({ modelID: "a" })]),
      second.learnPrices([aModel({ modelID: "b" })]),
    ]);
    await first.refresh();
    await second.refresh();
    for (const { prices } of [first, second]) {
      assert.deepEqual([...prices.keys()].sort(), ["acme/a", "acme/b"]);
    }
  });
});
