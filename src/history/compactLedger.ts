import { copyFile, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import type { FolderLock } from "./folderLock.ts";
import {
  BASE_NAME,
  isFinished,
  type LoadedLedger,
  removeLeftovers,
  writeLedgerFile,
} from "./ledgerFolder.ts";

/** Logs are taken into the base when they hold more than this, or more than a fifth of it. */
const MOST_LOG_BYTES = 2_000_000;
const MOST_LOGS = 24;

/** Whether a ledger's logs have grown so much that it is worth while to write its base anew. */
export function isCompactionDue(loaded: LoadedLedger): boolean {
  if (loaded.damaged.length > 0) return true;
  const logs = [...loaded.files.values()].filter(({ name }) => name !== BASE_NAME);
  const bytes = logs.reduce((sum, log) => sum + log.bytes, 0);
  const baseBytes = loaded.files.get(BASE_NAME)?.bytes ?? 0;
  return logs.length > MOST_LOGS || bytes > Math.max(MOST_LOG_BYTES, baseBytes / 5);
}

/**
 * Writes all that was loaded, and what was added to it since, as the new base, and removes the files that are
 * in it. A crash in between leaves both, which merge into the same. Damaged files are set aside: the names
 * they got are given back. Undefined, with nothing changed, when the lock was lost.
 */
export async function compactLedger(
  folder: string,
  lock: FolderLock,
  loaded: LoadedLedger,
): Promise<readonly string[] | undefined> {
  const { columns, files, damaged } = loaded;
  const time = new Date().toISOString().replace(/[:.]/g, "-");
  const asideOf = (name: string): string => `damaged-${time}-${name}`;
  const isWritten = await writeLedgerFile(folder, BASE_NAME, columns, async () => {
    if (!(await lock.isHeld()) || !(await isSameBase(folder, loaded))) return false;
    if (damaged.includes(BASE_NAME)) {
      // A copy: at no moment must the folder be without a base.
      await copyFile(path.join(folder, BASE_NAME), path.join(folder, asideOf(BASE_NAME)));
    }
    return true;
  });
  if (!isWritten) return undefined;
  for (const { name, inode, bytes } of files.values()) {
    const isDamaged = damaged.includes(name);
    if (name === BASE_NAME || !(isDamaged || (await isFinished(folder, name)))) continue;
    const file = path.join(folder, name);
    const now = await stat(file).catch(() => undefined);
    // It grew, or is another file by now: what was not read must not be lost.
    if (now?.ino !== inode || now.size !== bytes) continue;
    if (isDamaged) await rename(file, path.join(folder, asideOf(name)));
    else await rm(file, { force: true });
  }
  await removeLeftovers(folder);
  return damaged.map(asideOf);
}

async function isSameBase(folder: string, loaded: LoadedLedger): Promise<boolean> {
  const known = loaded.files.get(BASE_NAME);
  const now = await stat(path.join(folder, BASE_NAME)).catch(() => undefined);
  return known === undefined
    ? now === undefined
    : now?.ino === known.inode && now.size === known.bytes && now.mtimeMs === known.modifiedMs;
}
