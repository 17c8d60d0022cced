import { chmodSync, closeSync, mkdirSync, openSync, statSync } from "node:fs";
import path from "node:path";

export function ledgerFile(folder: string): string {
  return path.join(folder, "ledger.sqlite");
}

/**
 * Makes the file, empty, where there is none, and its folder. What a ledger holds is for its user alone; SQLite makes
 * the files beside it with the same mode. @throws when neither can be made or changed.
 */
export function makeLedgerFile(file: string): void {
  const folder = path.dirname(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  closeSync(openSync(file, "a", 0o600));
  chmodSync(file, 0o600);
}

/** Which file a path means now; 0 where there is none. */
export function inodeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.ino ?? 0;
}
