import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { SILENT_LOG } from "../../../src/core/log.ts";
import { compactLedger } from "../../../src/history/compactLedger.ts";
import { withFolderLock } from "../../../src/history/folderLock.ts";
import { loadLedger, writeLedgerFile } from "../../../src/history/ledgerFolder.ts";
import { UsageLedger } from "../../../src/history/usageLedger.ts";
import {
  aLedgerSession,
  aRow,
  messageIDOf,
  rowsOfTable,
  temporaryFolder,
} from "../../support/ledger.ts";

async function openLedger(folder: string): Promise<UsageLedger> {
  return await UsageLedger.open({ folder, log: SILENT_LOG });
}

/** Opens, looks and closes. */
async function rowsIn(folder: string): Promise<Record<string, string>> {
  const { columns } = await loadLedger(folder);
  return rowsOfTable(columns);
}

async function compact(folder: string): Promise<readonly string[] | undefined> {
  return await withFolderLock(folder, 1000, async (lock) =>
    compactLedger(folder, lock, await loadLedger(folder)),
  );
}

function only(folder: string, start: string): string {
  const names = readdirSync(folder).filter((name) => name.startsWith(start));
  assert.equal(names.length, 1, `${start}: ${readdirSync(folder).join(" ")}`);
  return path.join(folder, names[0]!);
}

/** Starts a window of its own that records rows `from` up to `until`, says each one's number, and stays. */
function startWindow(folder: string, from: number, until: number): ChildProcess {
  const program = fileURLToPath(new URL("../../support/ledgerWindow.ts", import.meta.url));
  return spawn(
    process.execPath,
    ["--import", "tsx", program, folder, String(from), String(until)],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
}

describe("the usage ledger's files", function () {
  this.timeout(60_000);
  let folder: string;

  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("remember everything that was recorded", async () => {
    const ledger = await openLedger(folder);
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
    await ledger.dispose();
    const again = await openLedger(folder);
    assert.deepEqual(rowsOfTable(again.table), before);
    assert.deepEqual(again.table.sessions, ledger.table.sessions);
    assert.deepEqual(again.table.places, [{ id: "db", name: "This machine" }]);
    await compact(folder);
    assert.deepEqual(await rowsIn(folder), before);
    await again.dispose();
  });

  it("are written one after the other, many calls at once", async () => {
    const ledger = await openLedger(folder);
    await Promise.all(
      Array.from({ length: 300 }, (_, number) =>
        ledger.record({ rows: [aRow({ messageID: messageIDOf(number) })] }, "db"),
      ),
    );
    assert.equal(Object.keys(await rowsIn(folder)).length, 300);
    await ledger.dispose();
  });

  it("take what comes while they are being written", async () => {
    const ledger = await openLedger(folder);
    const recorded: Promise<void>[] = [];
    for (let number = 0; number < 120; number++) {
      recorded.push(ledger.record({ rows: [aRow({ messageID: messageIDOf(number) })] }, "db"));
      if (number % 3 === 0) await delay(1);
    }
    await Promise.all(recorded);
    assert.equal(Object.keys(await rowsIn(folder)).length, 120);
    await ledger.dispose();
  });

  it("keep a log that grew while the others were compacted", async () => {
    const ledger = await openLedger(folder);
    await ledger.record({ rows: [aRow({ messageID: messageIDOf(1) })] }, "db");
    await ledger.dispose();
    const log = only(folder, "segment-");
    const first = readFileSync(log);
    const loaded = await loadLedger(folder);
    const again = await openLedger(folder);
    await again.record({ rows: [aRow({ messageID: messageIDOf(2) })] }, "db");
    // The frame after the file's head.
    const frame = readFileSync(only(folder, "journal-")).subarray(16);
    await again.dispose();
    rmSync(
      readdirSync(folder)
        .map((name) => path.join(folder, name))
        .filter((name) => name !== log)[0]!,
    );
    writeFileSync(log, Buffer.concat([first, frame]));
    await withFolderLock(folder, 0, (lock) => compactLedger(folder, lock, loaded));
    assert.ok(existsSync(log));
    assert.equal(Object.keys(await rowsIn(folder)).length, 2);
  });

  it("lose nothing and double nothing when the end is cut off at any byte", async () => {
    const ledger = await openLedger(folder);
    const sizes: number[] = [];
    let journal = "";
    for (let number = 0; number < 4; number++) {
      await ledger.record({ rows: [aRow({ messageID: messageIDOf(number) })] }, "db");
      journal = only(folder, "journal-");
      sizes.push(statSync(journal).size);
    }
    const whole = readFileSync(journal);
    const copy = path.join(folder, "cut");
    for (let size = whole.length; size >= 0; size--) {
      rmSync(copy, { recursive: true, force: true });
      mkdirSync(copy);
      writeFileSync(path.join(copy, "segment-cut.ledger"), whole.subarray(0, size));
      const loaded = await loadLedger(copy);
      const promised = sizes.filter((end) => end <= size).length;
      assert.equal(loaded.columns.length, promised, `${size} of ${whole.length} bytes`);
      assert.deepEqual(loaded.damaged, []);
      if (size % 97 !== 0) continue;
      // What comes next finds an intact ledger.
      const next = await openLedger(copy);
      await next.record({ rows: [aRow({ messageID: messageIDOf(99) })] }, "db");
      await next.dispose();
      assert.equal((await loadLedger(copy)).columns.length, promised + 1);
    }
    await ledger.dispose();
  });

  it("keep every acknowledged row of a window that is killed while it writes", async () => {
    const child = startWindow(folder, 0, 100_000);
    let said = "";
    child.stdout?.on("data", (chunk: Buffer) => (said += chunk.toString()));
    while (said.split("\n").length < 60) await delay(10);
    child.kill("SIGKILL");
    await once(child, "close");
    const acknowledged = said.split("\n").slice(0, -1).map(Number);
    assert.ok(acknowledged.length >= 50);
    const rows = await rowsIn(folder);
    for (const number of acknowledged)
      assert.ok(rows[messageIDOf(number)] !== undefined, String(number));
    // The dead window's journal goes into the base, and only once.
    await compact(folder);
    assert.deepEqual(await rowsIn(folder), rows);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith("journal-")),
      [],
    );
  });

  it("take what two windows write at once, while a third one compacts", async () => {
    const windows = [startWindow(folder, 0, 120), startWindow(folder, 60, 180)];
    const ended = windows.map((window) => once(window, "close"));
    const reader = await openLedger(folder);
    const running = new AbortController();
    const compacting = (async () => {
      while (!running.signal.aborted) {
        await compact(folder);
        await reader.refresh();
        await delay(5);
      }
    })();
    await Promise.all(ended);
    running.abort();
    await compacting;
    await reader.refresh();
    const rows = await rowsIn(folder);
    assert.equal(Object.keys(rows).length, 180);
    assert.deepEqual(rowsOfTable(reader.table), rows);
    await compact(folder);
    assert.deepEqual(await rowsIn(folder), rows);
    await reader.dispose();
  });

  it("bring another window's rows by a refresh", async () => {
    const [first, second] = [await openLedger(folder), await openLedger(folder)];
    let changes = 0;
    second.onDidChange(() => changes++);
    await first.record({ rows: [aRow({ messageID: messageIDOf(1) })] }, "db");
    assert.equal(second.table.length, 0);
    assert.equal(await second.refresh(), true);
    assert.equal(second.table.length, 1);
    assert.equal(changes, 1);
    assert.equal(await second.refresh(), false);
    await first.record(
      { rows: [aRow({ messageID: messageIDOf(1), costUSD: 0.5, seenS: 2000 })] },
      "db",
    );
    await second.refresh();
    assert.equal(second.table.length, 1);
    assert.equal(second.table.costUSD[0], 0.5);
    await compact(folder);
    await first.record({ rows: [aRow({ messageID: messageIDOf(2) })] }, "db");
    await first.refresh();
    await second.refresh();
    assert.deepEqual(rowsOfTable(second.table), rowsOfTable(first.table));
    assert.equal(second.table.length, 2);
    await Promise.all([first.dispose(), second.dispose()]);
  });

  it("survive a crash between any two steps of a compaction", async () => {
    for (const base of [0, 20]) {
      for (const crash of ["before the rename", "before the logs go", "after some went"]) {
        rmSync(folder, { recursive: true, force: true });
        mkdirSync(folder);
        const ledger = await openLedger(folder);
        const record = async (from: number, until: number): Promise<void> => {
          for (let number = from; number < until; number++) {
            await ledger.record({ rows: [aRow({ messageID: messageIDOf(number) })] }, "db");
          }
        };
        if (base > 0) {
          await record(0, base);
          await compact(folder);
        }
        await record(base, base + 5);
        await ledger.dispose();
        const truth = await rowsIn(folder);
        const before = path.join(folder, "before");
        mkdirSync(before);
        const names = readdirSync(folder).filter((name) => name.endsWith(".ledger"));
        for (const name of names) copyFileSync(path.join(folder, name), path.join(before, name));
        await compact(folder);
        if (crash === "before the rename") {
          const written = readFileSync(path.join(folder, "base.ledger"));
          for (const name of names) copyFileSync(path.join(before, name), path.join(folder, name));
          if (base === 0) rmSync(path.join(folder, "base.ledger"));
          writeFileSync(path.join(folder, "temporary-1"), written.subarray(0, written.length / 2));
        } else {
          const logs = names.filter((name) => name !== "base.ledger");
          const back = crash === "before the logs go" ? logs : logs.slice(1);
          for (const name of back) copyFileSync(path.join(before, name), path.join(folder, name));
        }
        assert.deepEqual(await rowsIn(folder), truth, `${crash}, ${base}`);
        await compact(folder);
        assert.deepEqual(await rowsIn(folder), truth, `${crash}, ${base}, compacted again`);
      }
    }
  });

  it("are set aside when damaged, at whichever byte, and keep what is good in them", async () => {
    const { columns } = await loadLedger(folder);
    const ledger = await openLedger(folder);
    const rows = Array.from({ length: 3000 }, (_, number) =>
      aRow({ messageID: messageIDOf(number), sessionID: `ses_${number % 20}` }),
    );
    const sessions = Array.from({ length: 20 }, (_, number) =>
      aLedgerSession({ id: `ses_${number}`, stamp: "d1" }),
    );
    await ledger.record({ rows, sessions }, "db");
    assert.equal(columns.length, 0);
    await ledger.dispose();
    await compact(folder);
    const good = readFileSync(path.join(folder, "base.ledger"));
    for (const at of [0, 5, 20, 30, 100, 5_000, good.length >> 1, good.length - 20]) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      const bad = Buffer.from(good);
      bad[at] = (bad[at] ?? 0) ^ 0x41;
      writeFileSync(path.join(folder, "base.ledger"), bad);
      const opened = await openLedger(folder);
      assert.equal(opened.problems.length, 1, `byte ${at}`);
      assert.equal(opened.problems[0]?.kind, "damaged");
      assert.deepEqual(readFileSync(only(folder, "damaged-")), bad);
      // Every session is to be read again.
      assert.ok(opened.table.sessions.every(({ stamp }) => stamp !== "d1"));
      for (const [id, words] of Object.entries(rowsOfTable(opened.table))) {
        assert.match(words, / acme\/sonnet build 1772442000000 100 10 0 0 0 0.01 32$/, id);
      }
      await opened.dispose();
      const next = await openLedger(folder);
      assert.deepEqual(next.problems, []);
      await next.dispose();
    }
  });

  it("keep the rows of the other parts of a damaged base", async () => {
    const ledger = await openLedger(folder);
    const rows = Array.from({ length: 40_000 }, (_, number) =>
      aRow({ messageID: messageIDOf(number) }),
    );
    await ledger.record({ rows }, "db");
    await ledger.dispose();
    await compact(folder);
    const base = path.join(folder, "base.ledger");
    const bytes = readFileSync(base);
    // In the keys, which are 32 bytes each: 262,144 bytes are 8,192 rows.
    bytes[bytes.length - 1_500_000] = (bytes[bytes.length - 1_500_000] ?? 0) ^ 1;
    writeFileSync(base, bytes);
    const opened = await openLedger(folder);
    assert.ok(opened.table.length >= 40_000 - 2 * 8192 && opened.table.length < 40_000);
    await opened.dispose();
  });

  it("set a damaged piece aside and keep the rest", async () => {
    const first = await openLedger(folder);
    await first.record({ rows: [aRow({ messageID: messageIDOf(1) })] }, "db");
    await first.record({ rows: [aRow({ messageID: messageIDOf(2) })] }, "db");
    await first.dispose();
    const second = await openLedger(folder);
    await second.record({ rows: [aRow({ messageID: messageIDOf(3) })] }, "db");
    await second.dispose();
    const pieces = readdirSync(folder).filter((name) => name.startsWith("segment-"));
    const larger = pieces.sort(
      (a, b) => statSync(path.join(folder, b)).size - statSync(path.join(folder, a)).size,
    )[0]!;
    const bytes = readFileSync(path.join(folder, larger));
    bytes[60] = (bytes[60] ?? 0) ^ 1;
    writeFileSync(path.join(folder, larger), bytes);
    const opened = await openLedger(folder);
    assert.deepEqual(Object.keys(rowsOfTable(opened.table)), [messageIDOf(2), messageIDOf(3)]);
    assert.equal(opened.problems.length, 1);
    assert.ok(existsSync(only(folder, "damaged-")));
    await opened.dispose();
  });

  it("stay in memory and are written later when the disk refuses", async () => {
    const ledger = await openLedger(folder);
    // A file where the folder was: nothing can be written below it.
    rmSync(folder, { recursive: true });
    writeFileSync(folder, "");
    await assert.rejects(ledger.record({ rows: [aRow({ messageID: messageIDOf(1) })] }, "db"));
    assert.equal(ledger.table.length, 1);
    assert.equal(ledger.problems[0]?.kind, "notWritten");
    rmSync(folder);
    mkdirSync(folder);
    await ledger.record({ rows: [aRow({ messageID: messageIDOf(2) })] }, "db");
    assert.equal(Object.keys(await rowsIn(folder)).length, 2);
    await ledger.dispose();
  });

  it("go to a new journal when somebody removed the window's own", async () => {
    const ledger = await openLedger(folder);
    await ledger.record({ rows: [aRow({ messageID: messageIDOf(1) })] }, "db");
    await compact(folder);
    rmSync(only(folder, "journal-"));
    await ledger.record({ rows: [aRow({ messageID: messageIDOf(2) })] }, "db");
    assert.equal(Object.keys(await rowsIn(folder)).length, 2);
    await ledger.dispose();
  });

  it("are rewritten by one at a time", async () => {
    let inside = 0;
    let most = 0;
    const task = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await delay(15);
      inside--;
    };
    const results = await Promise.all(
      Array.from({ length: 6 }, () => withFolderLock(folder, 5000, task)),
    );
    assert.equal(results.length, 6);
    assert.equal(most, 1);
    const held = withFolderLock(folder, 0, () => delay(80, "held"));
    await delay(10);
    assert.equal(await withFolderLock(folder, 0, () => Promise.resolve("second")), undefined);
    assert.equal(await held, "held");
  });

  it("are free again when the one who rewrote them died, or lost its lock", async () => {
    const lock = path.join(folder, "lock");
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "close");
    const { hostname } = await import("node:os");
    writeFileSync(lock, `${child.pid!} ${hostname()} token`);
    assert.equal(await withFolderLock(folder, 1000, () => Promise.resolve("mine")), "mine");
    // A living process that has not shown itself for long: its worker was ended.
    writeFileSync(lock, `${process.pid} ${hostname()} token`);
    const longAgo = Date.now() / 1000 - 600;
    utimesSync(lock, longAgo, longAgo);
    assert.equal(await withFolderLock(folder, 1000, () => Promise.resolve("mine")), "mine");
    const loaded = await loadLedger(folder);
    const written = await withFolderLock(folder, 0, async (held) => {
      writeFileSync(lock, "1 elsewhere other");
      return await compactLedger(folder, held, loaded);
    });
    assert.equal(written, undefined);
    assert.equal(existsSync(path.join(folder, "base.ledger")), false);
    assert.ok(existsSync(lock), "the other one's lock stays");
  });

  it("take a base of no rows", async () => {
    const { columns } = await loadLedger(folder);
    columns.putSession(aLedgerSession({ id: "empty" }));
    await writeLedgerFile(folder, "base.ledger", columns);
    const loaded = await loadLedger(folder);
    assert.deepEqual(loaded.damaged, []);
    assert.equal(loaded.columns.sessions[0]?.id, "empty");
    truncateSync(path.join(folder, "base.ledger"), 40);
    assert.deepEqual((await loadLedger(folder)).damaged, ["base.ledger"]);
  });
});
