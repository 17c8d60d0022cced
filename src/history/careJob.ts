import { rename, rm, stat } from "node:fs/promises";
import type { BackupOutcome, DatabaseInspection } from "../core/health.ts";
import { OpenCodeDatabase } from "./openCodeDatabase.ts";
import { backUpDatabase, findSqlite } from "./sqlite.ts";

/** Work on a database that takes too long for the extension host. */
export type CareJob =
  | { readonly kind: "inspect"; readonly database: string }
  | { readonly kind: "backUp"; readonly database: string; readonly target: string };

export type CareOutcome = DatabaseInspection | BackupOutcome;

/** Faults that are told of a damaged database. */
const MOST_FAULTS = 20;

/** Does a job where it is called. Resolves always. */
export async function doCareJob(job: CareJob): Promise<CareOutcome> {
  try {
    return job.kind === "inspect"
      ? inspectDatabase(job.database)
      : await backUp(job.database, job.target);
  } catch (error) {
    return { kind: "failed", message: error instanceof Error ? error.message : "unknown" };
  }
}

/** Has SQLite check all of a database, which is only read. @throws when it cannot be opened. */
function inspectDatabase(file: string): DatabaseInspection {
  const open = findSqlite();
  if (open === undefined) return { kind: "failed", message: "there is no SQLite here" };
  const startMs = performance.now();
  const database = open(file);
  try {
    const one = (sql: string): string => {
      for (const [value] of database.prepare(sql).rows()) return String(value);
      return "";
    };
    const found = [...database.prepare(`PRAGMA integrity_check(${String(MOST_FAULTS)})`).rows()];
    const lines = found.map(([line]) => String(line));
    const source = OpenCodeDatabase.over(database);
    return {
      kind: "inspected",
      sqliteVersion: one("SELECT sqlite_version()"),
      journalMode: one("PRAGMA journal_mode"),
      faults: lines.length === 1 && lines[0] === "ok" ? [] : lines,
      generations: source?.generations ?? 0,
      sessions: source?.sessions().size ?? 0,
      tookMs: Math.round(performance.now() - startMs),
    };
  } finally {
    database.close();
  }
}

/** Copies a database by SQLite's own backup, and has the copy checked before it gets its name. */
async function backUp(file: string, target: string): Promise<BackupOutcome> {
  if (findSqlite() === undefined) return { kind: "noSqlite" };
  const startMs = performance.now();
  await stat(file);
  const part = `${target}.part`;
  try {
    await rm(part, { force: true });
    await backUpDatabase(file, part);
    const copy = inspectDatabase(part);
    if (copy.kind === "failed") return copy;
    if (copy.faults.length > 0) {
      return { kind: "failed", message: `the copy is damaged (${copy.faults[0] ?? ""})` };
    }
    await rename(part, target);
    const { size } = await stat(target);
    return {
      kind: "done",
      bytes: size,
      sessions: copy.sessions,
      tookMs: Math.round(performance.now() - startMs),
    };
  } finally {
    for (const rest of [part, `${part}-wal`, `${part}-shm`, `${part}-journal`]) {
      await rm(rest, { force: true });
    }
  }
}
