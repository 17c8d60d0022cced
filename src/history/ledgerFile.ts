import { chmodSync, closeSync, mkdirSync, openSync, renameSync, statSync } from "node:fs";
import path from "node:path";

export function ledgerFile(folder: string): string {
  return path.join(folder, "ledger.sqlite");
}

/**
 * Creates the file, empty, if it doesn't exist, and its folder. A ledger's contents are only for its user;
 * SQLite creates the files next to it with the same mode. @throws if either can't be created or changed.
 */
export function makeLedgerFile(file: string): void {
  const folder = path.dirname(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  closeSync(openSync(file, "a", 0o600));
  chmodSync(file, 0o600);
}

/** Identifies the file a path currently refers to; 0 if there is none. */
export function inodeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.ino ?? 0;
}

/** Renames a damaged ledger and its log; returns its new name. */
export function setAside(file: string, nowMs: number): string {
  const time = new Date(nowMs).toISOString().replace(/[:.]/g, "-");
  const name = `damaged-${time}-${path.basename(file)}`;
  for (const end of ["", "-wal", "-shm"]) {
    if (inodeOf(file + end) === 0) continue;
    renameSync(file + end, path.join(path.dirname(file), name + end));
  }
  return name;
}
