import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { hostname } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isProcessAlive } from "./folderLock.ts";
import { encodeFrame } from "./frame.ts";
import { LedgerColumns } from "./ledgerColumns.ts";
import { READ_AGAIN } from "./mergeSessions.ts";
import { fileHead, type LedgerFileKind, readLedgerFile } from "./ledgerFile.ts";

/*
 * The files of a ledger's folder:
 *
 *     base.ledger                        all that was known when it was last compacted
 *     segment-<random>.ledger            finished pieces; whoever compacts takes them into the base
 *     journal-<host>-<pid>-<random>.…    what a living window appends to; a dead one's is a finished piece
 *     damaged-<time>-<name>              a damaged file, kept for a person to look at
 *     temporary-<random>, lock           work in progress
 *
 * The order of files does not matter, and the same row may be in several: rows are merged by their message's
 * id. That is what makes crashes and several windows harmless.
 */

export const BASE_NAME = "base.ledger";
const SUFFIX = ".ledger";
const TEMPORARY = "temporary-";
/** Rows that can be added to a base once it is in memory, before its columns must be copied. */
const ROOM = 4096;
/** This machine, as journals name it. */
const HOST = hostname()
  .replace(/[^A-Za-z0-9]/g, "")
  .slice(0, 16);
/** What another process left unfinished for so long, it left for good. */
const LEFTOVER_AFTER_MS = 600_000;
/** A journal of another machine on a shared folder counts as finished when it has not grown for so long. */
const FOREIGN_AFTER_MS = 24 * 3_600_000;

/** A file as it was when it was read. */
export interface ReadFile {
  readonly name: string;
  /** Which file it was: a name may come to mean another one. */
  readonly inode: number;
  readonly modifiedMs: number;
  readonly bytes: number;
  /** Where the next reading goes on. */
  readonly end: number;
}

/** Everything a folder held. */
export interface LoadedLedger {
  readonly columns: LedgerColumns;
  readonly files: ReadonlyMap<string, ReadFile>;
  /** Names of the files that are damaged; what was still good in them is in `columns`. */
  readonly damaged: readonly string[];
}

/** The name for a new journal of this process. */
export function journalName(): string {
  return `journal-${HOST}-${process.pid}-${randomName()}${SUFFIX}`;
}

export function segmentName(): string {
  return `segment-${randomName()}${SUFFIX}`;
}

function randomName(): string {
  return randomBytes(8).toString("hex");
}

/** The names of the ledger files of a folder, the base last: what it absorbed may vanish before it is read. */
export async function listLedgerFiles(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter(
    (name) => /^(segment|journal)-/.test(name) && name.endsWith(SUFFIX),
  );
  return [...names.sort(), BASE_NAME];
}

/**
 * Reads all of a folder, which need not exist. Other windows may write, and compact, meanwhile.
 * @throws when the folder cannot be read.
 */
export async function loadLedger(folder: string): Promise<LoadedLedger> {
  await mkdir(folder, { recursive: true });
  for (let attempt = 1; ; attempt++) {
    const loaded = await tryLoad(folder);
    if (loaded !== undefined) return loaded;
    if (attempt === 10)
      throw new Error(`The usage ledger in ${folder} changes too fast to be read.`);
  }
}

/** Undefined when a listed file vanished before it could be read: it has become part of another one. */
async function tryLoad(folder: string): Promise<LoadedLedger | undefined> {
  const files = new Map<string, ReadFile>();
  const damaged: string[] = [];
  const logs: LedgerColumns[] = [];
  let base: readonly LedgerColumns[] = [];
  for (const name of await listLedgerFiles(folder)) {
    const file = path.join(folder, name);
    try {
      const info = await stat(file);
      const content = await readLedgerFile(file);
      files.set(name, {
        name,
        inode: info.ino,
        modifiedMs: info.mtimeMs,
        bytes: content.bytes,
        end: content.end,
      });
      if (content.isDamaged || (name === BASE_NAME) !== (content.kind === "base")) {
        damaged.push(name);
        logs.push(...content.frames);
      } else if (name === BASE_NAME) base = content.frames;
      else logs.push(...content.frames);
    } catch (error) {
      if (!isMissing(error)) throw error;
      if (name !== BASE_NAME) return undefined;
    }
  }
  const [columns = new LedgerColumns(), ...others] = [...base, ...logs];
  for (const frame of others) columns.merge(frame);
  if (damaged.length > 0) {
    // Nobody knows what is missing: the next fill reads everything.
    for (const [index, session] of columns.sessions.entries()) {
      columns.sessions[index] = { ...session, stamp: READ_AGAIN };
    }
  }
  return { columns, files, damaged };
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** Writes columns as a new file that is there whole, and on the disk, or not at all. */
export async function writeLedgerFile(
  folder: string,
  name: string,
  columns: LedgerColumns,
  mayPutInPlace: () => Promise<boolean> = () => Promise.resolve(true),
): Promise<boolean> {
  const temporary = path.join(folder, `${TEMPORARY}${randomName()}`);
  const kind: LedgerFileKind = name === BASE_NAME ? "base" : "log";
  try {
    const file = await open(temporary, "wx");
    try {
      await writeAll(file, fileHead(kind));
      await writeAll(file, encodeFrame(columns, kind === "base" ? ROOM : 0));
      await file.sync();
    } finally {
      await file.close();
    }
    if (!(await mayPutInPlace())) return false;
    await putInPlace(temporary, path.join(folder, name));
    await syncFolder(folder);
    return true;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Renames; Windows refuses while another window reads the file that is to be replaced. */
async function putInPlace(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      const isInUse = code === "EPERM" || code === "EBUSY" || code === "EACCES";
      if (!isInUse || attempt === 10) throw error;
      await delay(20 * attempt);
    }
  }
}

/** Writes all of the bytes. */
export async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    written += (await file.write(bytes, written, bytes.length - written)).bytesWritten;
  }
}

/** A renamed file is only sure to keep its name once its folder is on the disk. Not every system can say so. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // Windows has no such call.
  }
}

/** Whether nobody appends to a log any more. */
export async function isFinished(folder: string, name: string): Promise<boolean> {
  const owner = /^journal-([A-Za-z0-9]*)-(\d+)-/.exec(name);
  if (owner === null) return true;
  const [, host = "", pid = ""] = owner;
  if (host === HOST) return !isProcessAlive(Number(pid));
  const info = await stat(path.join(folder, name)).catch(() => undefined);
  return info !== undefined && Date.now() - info.mtimeMs > FOREIGN_AFTER_MS;
}

/** Removes what a crash left half written. */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(TEMPORARY)) continue;
    const file = path.join(folder, name);
    const madeMs = (await stat(file).catch(() => undefined))?.mtimeMs ?? Infinity;
    if (Date.now() - madeMs > LEFTOVER_AFTER_MS) await rm(file, { force: true });
  }
}
