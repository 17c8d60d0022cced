import { open, rm, stat } from "node:fs/promises";
import type { BackupOutcome, DatabaseInspection } from "../core/state/health.ts";
import { LedgerDatabase } from "./ledgerDatabase.ts";
import { openLedgerFile } from "./openLedger.ts";
import { inodeOf, ledgerFile } from "./ledgerFile.ts";
import { hasOldLedger, type TakenOver, takeOverOldLedger } from "./oldLedger.ts";
import { sourceTables } from "./sourceTables.ts";
import {
  backUpDatabase,
  type Database,
  findSqlite,
  isDamage,
  messageOf,
  NO_SQLITE,
  SQLITE_CONSTRAINT,
  sqliteCode,
} from "./sqlite.ts";

/** Work on a database that takes too long for the extension host. */
export type MaintenanceJob =
  | { readonly kind: "inspect"; readonly database: string }
  /** Takes over what an earlier version stored in the ledger's folder, and checks the ledger for damage. */
  | { readonly kind: "checkLedger"; readonly folder: string }
  /** Creates a folder's ledger if there is none, and moves its log into the file. */
  | { readonly kind: "settleLedger"; readonly folder: string }
  | { readonly kind: "backUp"; readonly database: string; readonly target: string };

export type MaintenanceOutcome =
  | DatabaseInspection
  | BackupOutcome
  | { readonly kind: "settled" }
  /** `faults` is empty for a sound ledger. */
  | ({
      readonly kind: "checked";
      readonly faults: readonly string[];
      /** Which file was checked. */
      readonly inode: number;
    } & TakenOver);

/** Others may be writing at the same time. */
const WAIT_MS = 10_000;
/** Maximum number of faults reported for a damaged database. */
const MOST_FAULTS = 20;

/** Runs a job in the calling thread. Always resolves. */
export async function doMaintenanceJob(job: MaintenanceJob): Promise<MaintenanceOutcome> {
  try {
    switch (job.kind) {
      case "inspect":
        return inspectDatabase(job.database);
      case "backUp":
        return await backUp(job.database, job.target);
      case "checkLedger":
        return checkLedger(job.folder);
      case "settleLedger":
        return settleLedger(job.folder);
    }
  } catch (error) {
    return { kind: "failed", message: messageOf(error) };
  }
}

function settleLedger(folder: string): MaintenanceOutcome {
  const file = ledgerFile(folder);
  const database = openLedgerFile(file, WAIT_MS);
  try {
    // Almost all of it while others may write, which they can't during the second step.
    database.exec("PRAGMA wal_checkpoint(PASSIVE); PRAGMA wal_checkpoint(TRUNCATE)");
    return { kind: "settled" };
  } finally {
    database.close();
  }
}

function checkLedger(folder: string): MaintenanceOutcome {
  let takenOver: TakenOver = { rows: 0, damaged: [] };
  if (hasOldLedger(folder)) {
    const ledger = LedgerDatabase.open(ledgerFile(folder), WAIT_MS);
    try {
      takenOver = takeOverOldLedger(folder, ledger, Date.now());
    } finally {
      ledger.close();
    }
  }
  const file = ledgerFile(folder);
  const inode = inodeOf(file);
  let database: Database | undefined;
  try {
    database = openLedgerFile(file, WAIT_MS);
    return { kind: "checked", ...takenOver, faults: faultsOf(database), inode };
  } catch (error) {
    if (!isDamage(error)) throw error;
    return { kind: "checked", ...takenOver, faults: [messageOf(error)], inode };
  } finally {
    database?.close();
  }
}

function faultsOf(database: Database): readonly string[] {
  try {
    const found = [...database.prepare(`PRAGMA integrity_check(${MOST_FAULTS})`).rows()];
    const lines = found.map(([line]) => String(line));
    return lines.length === 1 && lines[0] === "ok" ? [] : lines;
  } catch (error) {
    // The check also computes generated columns, and gives up at one whose value its own type doesn't allow.
    if (sqliteCode(error) !== SQLITE_CONSTRAINT) throw error;
    return [messageOf(error)];
  }
}

/** Has SQLite check an entire database, which is only read. @throws if it can't be opened. */
function inspectDatabase(file: string): DatabaseInspection {
  const open = findSqlite();
  if (open === undefined) return { kind: "failed", message: NO_SQLITE };
  const startMs = performance.now();
  const database = open(file, "readOnly");
  try {
    const one = (sql: string): string => {
      const [[value] = []] = [...database.prepare(sql).rows()];
      return String(value);
    };
    const faults = faultsOf(database);
    const tables = sourceTables(database, "main");
    return {
      kind: "inspected",
      sqliteVersion: one("SELECT sqlite_version()"),
      journalMode: one("PRAGMA journal_mode"),
      faults,
      generations: tables.length,
      sessions: countSessions(
        database,
        tables.map(({ session }) => session),
      ),
      tookMs: Math.round(performance.now() - startMs),
    };
  } finally {
    database.close();
  }
}

/** Sessions of all generations; one that exists in two of them counts once. */
function countSessions(database: Database, tables: readonly string[]): number {
  if (tables.length === 0) return 0;
  const ids = tables.map((table) => `SELECT id FROM ${table}`).join(" UNION ");
  const [[count] = []] = [...database.prepare(`SELECT count(*) FROM (${ids})`).rows()];
  return Number(count);
}

/** Copies a database with SQLite's own backup, and checks the copy. Whoever started the job names or removes it. */
async function backUp(file: string, part: string): Promise<BackupOutcome> {
  if (findSqlite() === undefined) return { kind: "noSqlite" };
  const startMs = performance.now();
  await stat(file);
  await rm(part, { force: true });
  // It will contain all conversations, and the folder may be shared: only its user may read it, and no link is followed.
  await (await open(part, "wx", 0o600)).close();
  await backUpDatabase(file, part);
  const copy = inspectDatabase(part);
  if (copy.kind === "failed") return copy;
  if (copy.faults.length > 0) {
    return { kind: "failed", message: `the copy is damaged (${copy.faults[0] ?? ""})` };
  }
  const { size } = await stat(part);
  return {
    kind: "done",
    bytes: size,
    sessions: copy.sessions,
    tookMs: Math.round(performance.now() - startMs),
  };
}
