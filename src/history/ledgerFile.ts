import { chmodSync, closeSync, mkdirSync, openSync, renameSync, statSync } from "node:fs";
import path from "node:path";
import { findSqlite } from "./sqlite.ts";

export function ledgerFile(folder: string): string {
  return path.join(folder, "ledger.sqlite");
}

/**
 * Creates the file, empty, if it doesn't exist, and its folder; returns which file it is. A ledger's contents are only
 * for its user; SQLite creates the files next to it with the same mode. @throws if either can't be created or changed.
 */
export function makeLedgerFile(file: string): number {
  const folder = path.dirname(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  // Opens no file that exists: closing it would release the locks that SQLite has on it in this process.
  try {
    closeSync(openSync(file, "wx", 0o600));
  } catch (error) {
    if (inodeOf(file) === 0) throw error;
  }
  chmodSync(file, 0o600);
  return inodeOf(file);
}

/** Identifies the file a path currently refers to; 0 if there is none. */
export function inodeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.ino ?? 0;
}

const LOCK_WAIT_MS = 5_000;

/**
 * Opens, closes or replaces a ledger's file: one at a time, in all windows and workers. SQLite opens and deletes a log by
 * its name, which would be that of another file's if this one were renamed meanwhile. The lock is SQLite's own, and ends
 * with its process. @throws if it can't be had; the task has then not begun.
 */
export function withLedgerLocked<T>(file: string, task: () => T): T {
  const lockFile = path.join(path.dirname(file), "ledger.lock");
  makeLedgerFile(lockFile);
  const lock = findSqlite()?.(lockFile, "readWrite");
  try {
    lock?.exec(`PRAGMA busy_timeout = ${LOCK_WAIT_MS}; BEGIN EXCLUSIVE`);
    return task();
  } finally {
    lock?.close();
  }
}

/** Renames a damaged ledger and its log; returns its new name, or undefined if the file is another one by now. */
export function setAside(file: string, inode: number, nowMs: number): string | undefined {
  return withLedgerLocked(file, () => {
    if (inodeOf(file) !== inode) return undefined;
    const time = new Date(nowMs).toISOString().replace(/[:.]/g, "-");
    const name = `damaged-${time}-${path.basename(file)}`;
    for (const end of ["", "-wal", "-shm"]) {
      if (inodeOf(file + end) === 0) continue;
      renameSync(file + end, path.join(path.dirname(file), name + end));
    }
    return name;
  });
}
