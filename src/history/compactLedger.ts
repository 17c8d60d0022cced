import { copyFile, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import type { FolderLock } from "./folderLock.ts";
import {
  BASE_NAME,
  isFinished,
  listLedgerFiles,
  type LoadedLedger,
  type ReadFile,
  removeLeftovers,
  writeLedgerFile,
} from "./ledgerFolder.ts";

/** Logs are taken into the base when they hold more than this and more than a fifth of it, or are many. */
const MOST_LOG_BYTES = 2_000_000;
const MOST_LOGS = 24;

/** Whether it is worth while to write the base of a ledger anew: a file is damaged, or its logs have grown much. */
export async function isCompactionDue(folder: string, loaded: LoadedLedger): Promise<boolean> {
  return loaded.damaged.length > 0 || (await haveLogsGrown(folder, [...loaded.files.values()]));
}

/** The same by the sizes of the files alone, which are not read: a damaged one is not noticed. */
export async function isFolderGrown(folder: string): Promise<boolean> {
  const files = await Promise.all(
    (await listLedgerFiles(folder)).map(async (name) => {
      const info = await stat(path.join(folder, name)).catch(() => undefined);
      return { name, bytes: info?.size ?? 0 };
    }),
  );
  return await haveLogsGrown(folder, files);
}

/** What a living window still appends to stays beside the base, so it does not count. */
async function haveLogsGrown(
  folder: string,
  files: readonly Pick<ReadFile, "name" | "bytes">[],
): Promise<boolean> {
  let [logs, logBytes, baseBytes] = [0, 0, 0];
  for (const { name, bytes } of files) {
    if (name === BASE_NAME) baseBytes = bytes;
    else if (await isFinished(folder, name)) {
      logs++;
      logBytes += bytes;
    }
  }
  return logs > MOST_LOGS || logBytes > Math.max(MOST_LOG_BYTES, baseBytes / 5);
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
