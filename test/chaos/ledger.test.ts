import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { openLedgerFile } from "../../src/history/openLedger.ts";
import { ledgerFile } from "../../src/history/ledgerFile.ts";
import { OpenCodeTables } from "../support/opencode/openCodeTables.ts";
import type { Random } from "../support/random.ts";
import { LEDGER_MS, messageIDOf, temporaryFolder } from "../support/seed/ledger.ts";
import { ledgerPrograms } from "../support/seed/ledgerWorker.ts";
import { inLanes } from "../support/runSuite.mjs";
import { skipBecause } from "../support/suiteReporter.mjs";
import { isLong, seededRandom } from "./chaos.ts";
import {
  copyLedger,
  fillLedger,
  type LedgerFacts,
  type LedgerFileEnd,
  type LedgerReport,
  openHere,
  openInWindow,
} from "../support/seed/ledgerCopies.ts";
import type { DiskReport } from "../support/seed/ledgerDisk.ts";
import { patientMs } from "../support/patience.mjs";

/** The number of damaged files of each kind. */
const FILES = isLong ? 200 : 17;
const KILLS = isLong ? 100 : 10;
const KILLS_AT_ONCE = 5;
const CANNOT_MOUNT = 77;
const ANSWERS = 6;

/** The state of a ledger on disk. */
type Ledger =
  /** Closed: one file. */
  | "closed"
  /** Left by a crash: the file doesn't contain the log's content yet. */
  | "crashed"
  /** Left by a crash: the file already contains all of the log's content. */
  | "copied";

interface Damage {
  readonly name: string;
  readonly ledger: Ledger;
  readonly end: LedgerFileEnd;
  /** Damages a file, and returns a description of where. */
  readonly apply: (file: string, random: Random) => string;
  /** SQLite discards the end of a truncated log, as after a crash: whatever OpenCode still has comes back. */
  readonly mayForget?: true;
}

function flip(from: number, until = Number.POSITIVE_INFINITY): Damage["apply"] {
  return (file, random) => {
    const bytes = readFileSync(file);
    const at = from + Math.floor(random() * (Math.min(until, bytes.length) - from));
    const bit = Math.floor(random() * 8);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
    writeFileSync(file, bytes);
    return `bit ${String(bit)} of byte ${String(at)} of ${String(bytes.length)}`;
  };
}

const cut: Damage["apply"] = (file, random) => {
  const { size } = statSync(file);
  const kept = Math.floor(random() * size);
  truncateSync(file, kept);
  return `cut to ${String(kept)} of ${String(size)}`;
};

const HEADER = 100;
const LOG_HEADER = 32;

const DAMAGES: readonly Damage[] = [
  { name: "bits of the file flipped", ledger: "closed", end: "", apply: flip(HEADER) },
  { name: "bits of the file's header flipped", ledger: "closed", end: "", apply: flip(0, HEADER) },
  { name: "the file was cut", ledger: "closed", end: "", apply: cut },
  { name: "bits of a file with a log flipped", ledger: "crashed", end: "", apply: flip(0) },
  { name: "a file with a log was cut", ledger: "crashed", end: "", apply: cut },
  { name: "bits of the log flipped", ledger: "crashed", end: "-wal", apply: flip(LOG_HEADER) },
  {
    name: "bits of the log's header flipped",
    ledger: "crashed",
    end: "-wal",
    apply: flip(0, LOG_HEADER),
  },
  {
    name: "bits flipped in a log that is in the file as well",
    ledger: "copied",
    end: "-wal",
    apply: flip(0),
  },
  { name: "the log was cut", ledger: "crashed", end: "-wal", apply: cut, mayForget: true },
  {
    name: "a log was cut that is in the file as well",
    ledger: "copied",
    end: "-wal",
    apply: cut,
    mayForget: true,
  },
  { name: "bits of the log's index flipped", ledger: "crashed", end: "-shm", apply: flip(0) },
  { name: "the log's index was cut", ledger: "crashed", end: "-shm", apply: cut },
];

describe("the usage ledger under faults", function () {
  const folder = temporaryFolder();
  const folderOf = (name: string): string => path.join(folder, name);
  const database = folderOf("opencode.db");
  let worker: string;
  /** The correct facts, and the part of them that OpenCode still has. */
  let truth: LedgerFacts;
  let source: LedgerFacts;

  before(async () => {
    ({ worker } = await ledgerPrograms());
    const tables = new OpenCodeTables(database);
    const crashed = folderOf("growing");
    const fill = (): void => {
      assert.equal(fillLedger(crashed, database).kind, "filled");
    };
    let answers = 0;
    const work = (number: number): void => {
      const id = `ses_${String(number).padStart(4, "0")}`;
      tables.session(id, { createdMs: LEDGER_MS + number * 1000, title: `Session ${id}` });
      for (let at = 0; at < ANSWERS; at++) {
        answers++;
        const createdMs = LEDGER_MS + answers * 1000;
        const costUSD = answers / 100;
        tables.answer({ id: messageIDOf(answers), sessionID: id, createdMs, costUSD });
      }
    };
    tables.exec("BEGIN");
    for (let number = 1; number <= 40; number++) work(number);
    tables.exec("COMMIT");
    fill();
    // While another window is open, everything that follows stays in the log.
    const other = openLedgerFile(ledgerFile(crashed), 0);
    tables.removeSession("ses_0007");
    for (let number = 41; number <= 45; number++) {
      work(number);
      fill();
    }
    // Only the log contains this removal.
    tables.removeSession("ses_0042");
    for (const number of [3, 46]) {
      work(number);
      fill();
    }
    tables.close();
    copyLedger(crashed, folderOf("crashed"));
    other.exec("PRAGMA wal_checkpoint(PASSIVE)");
    copyLedger(crashed, folderOf("copied"));
    other.close();
    copyLedger(crashed, folderOf("closed"));
    const sound = await openInWindow(crashed, database, worker);
    assert.deepEqual(sound.problems, []);
    truth = sound.facts;
    source = (await openInWindow(folderOf("fresh"), database, worker)).facts;
    const rows = [truth, source].map((facts) => Object.keys(facts.rows).length);
    assert.deepEqual(rows, [47 * ANSWERS, 45 * ANSWERS]);
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  /** @throws AssertionError if a damaged ledger's facts are wrong, or incomplete without a problem. */
  const assertHonest = ({ facts, problems }: LedgerReport, { mayForget }: Damage): void => {
    if (problems.length === 0 && mayForget !== true) assert.deepEqual(facts, truth);
    for (const part of ["rows", "sessions"] as const) {
      for (const [id, is] of Object.entries(facts[part])) assert.equal(is, truth[part][id]);
      for (const [id, is] of Object.entries(source[part])) assert.equal(facts[part][id], is);
    }
    assert.deepEqual(facts.prices, truth.prices);
  };

  /** A damaged copy of a ledger, and a description of the damage. */
  const damagedCopy = (damage: Damage, at: number, random: Random): [string, string] => {
    const copy = folderOf(`damaged-${String(at)}`);
    copyLedger(folderOf(damage.ledger), copy);
    return [copy, damage.apply(ledgerFile(copy) + damage.end, random)];
  };

  for (const damage of DAMAGES) {
    it(`is right, or reports that it isn't, after ${damage.name}`, async () => {
      const random = seededRandom(damage.name);
      for (let at = 0; at < FILES; at++) {
        const [copy, where] = damagedCopy(damage, at, random);
        // A refusal is reported: the window then has no ledger.
        const report = await openHere(copy, database).catch((error: unknown) => String(error));
        rmSync(copy, { recursive: true });
        try {
          if (typeof report !== "string") assertHonest(report, damage);
        } catch (error) {
          assert.fail(`${where}: ${String(error)}`);
        }
      }
    });
  }

  it("is read by a window with its workers exactly as it is read here", async () => {
    const random = seededRandom("windows");
    for (const [at, damage] of DAMAGES.entries()) {
      const [copy, where] = damagedCopy(damage, at, random);
      const twin = `${copy}-twin`;
      copyLedger(copy, twin);
      const seen = (report: LedgerReport): unknown => [
        report.facts,
        report.problems.map((text) => text.slice(0, 20)),
      ];
      const here = await openHere(twin, database).then(seen, String);
      const there = await openInWindow(copy, database, worker, (report) =>
        isDeepStrictEqual(seen(report), here),
      ).then(seen, String);
      assert.deepEqual(there, here, `${damage.name}, ${where}`);
    }
  });

  it("loses nothing that a killed window had acknowledged", async () => {
    const random = seededRandom("killed windows");
    const { writer } = await ledgerPrograms();
    const kills = Array.from({ length: KILLS }, (_, kill) => ({
      kill,
      seed: String(Math.floor(random() * 1e6)),
      afterMs: random() * 300,
    }));
    await inLanes(KILLS_AT_ONCE, kills, async ({ kill, seed, afterMs }) => {
      const home = folderOf(`killed-${String(kill)}`);
      mkdirSync(home);
      const own = path.join(home, "opencode.db");
      const argv = ["--no-warnings", writer, path.join(home, "usage"), own, seed];
      const child = spawn(process.execPath, argv, {
        stdio: ["ignore", "pipe", "inherit"],
        // It never ends on its own.
        timeout: patientMs(10_000),
        killSignal: "SIGKILL",
      });
      const ended = once(child, "close");
      let said = "";
      child.stdout.on("data", (chunk: Buffer) => {
        if (said === "") setTimeout(() => child.kill("SIGKILL"), afterMs);
        said += chunk.toString();
      });
      await ended;
      assert.equal(child.signalCode, "SIGKILL");
      const after = await openHere(path.join(home, "usage"), own);
      const fresh = await openHere(path.join(home, "fresh"), own);
      assert.deepEqual(after.problems, []);
      const what = `kill ${String(kill)}, seed ${seed}`;
      for (const messageID of said.split("\n").slice(0, -1)) {
        assert.ok(after.facts.rows[messageID] !== undefined, `${what}: ${messageID}`);
      }
      for (const part of ["rows", "sessions"] as const) {
        for (const [id, is] of Object.entries(fresh.facts[part])) {
          assert.equal(after.facts[part][id], is, what);
        }
      }
    });
  });

  it("reports a full or read-only disk once, and is right when that is over", async function () {
    if (process.platform !== "linux") skipBecause(this, "only Linux lets a test have its own disk");
    const { disk } = await ledgerPrograms();
    const [mounted, elsewhere] = [folderOf("disk"), folderOf("elsewhere")];
    for (const one of [mounted, elsewhere]) mkdirSync(one);
    const script = `mount -t tmpfs -o size=1m,mode=700 none "$1" || exit ${String(CANNOT_MOUNT)}; shift; exec "$@"`;
    const argv = ["-Urm", "sh", "-c", script, "sh", mounted];
    const program = [process.execPath, "--no-warnings", disk, mounted, elsewhere, worker];
    const ran = spawnSync("unshare", [...argv, ...program], { encoding: "utf8" });
    if (ran.status === CANNOT_MOUNT || ran.error !== undefined || /unshare/.test(ran.stderr)) {
      skipBecause(this, `a disk of its own cannot be mounted here (${ran.stderr.trim()})`);
    }
    assert.equal(ran.status, 0, ran.stderr);
    // Printed by our own program.
    const said = JSON.parse(ran.stdout) as DiskReport;
    assert.equal(Object.keys(said.whileFull.facts.rows).length, 1);
    assert.equal(said.whileFull.problems.length, 2, said.whileFull.problems.join("\n"));
    for (const text of said.whileFull.problems) assert.match(text, /database or disk is full/);
    assert.equal(said.warnings.length, 2, said.warnings.join("\n"));
    assert.match(said.readOnly ?? "", /read-only file system/);
    assert.deepEqual(said.afterwards, said.fresh);
    assert.deepEqual(said.fresh.problems, []);
  });
});
