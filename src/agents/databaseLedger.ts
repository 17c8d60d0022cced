import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { LedgerPlace, LedgerTable } from "../core/ledger/table.ts";
import { fillFromDatabase } from "../history/databaseFill.ts";
import type { FillOutcome } from "../history/fill.ts";
import { isProcessAlive } from "../history/folderLock.ts";
import { loadLedger } from "../history/ledgerFolder.ts";

const PREFIX = "opencode-sessions-usage-";
/** What a process that was killed left behind goes after this time. */
const LEFTOVER_AFTER_MS = 24 * 3_600_000;

/** The folders of ledgers, by the databases they are filled from: each question reads only what is new since the last. */
const folders = new Map<string, string>();
/** One fill after the other: questions may come together. */
let work: Promise<unknown> = Promise.resolve();

/**
 * All that OpenCode's database tells, by a ledger in a temporary folder that is removed when this process ends.
 * Rejects when that cannot be written.
 */
export async function readDatabaseLedger(
  database: string,
  place: LedgerPlace,
  sessionIDs: readonly string[],
): Promise<LedgerTable | Extract<FillOutcome, { kind: "unavailable" }>> {
  const read = work.then(async () => {
    const folder = await folderOf(database);
    const control = { isCancelled: () => false, onProgress: () => undefined };
    const nowMs = Date.now();
    const outcome = await fillFromDatabase({ folder, database, place, sessionIDs, nowMs, control });
    return outcome.kind === "unavailable" ? outcome : (await loadLedger(folder)).columns;
  });
  work = read.catch(() => undefined);
  return await read;
}

async function folderOf(database: string): Promise<string> {
  const known = folders.get(database);
  if (known !== undefined && existsSync(known)) return known;
  if (folders.size === 0) await removeLeftovers();
  const folder = mkdtempSync(path.join(tmpdir(), `${PREFIX}${String(process.pid)}-`));
  process.once("exit", () => {
    rmSync(folder, { recursive: true, force: true });
  });
  folders.set(database, folder);
  return folder;
}

async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir()).catch(() => [])) {
    const pid = name.startsWith(PREFIX)
      ? /^\d+(?=-)/.exec(name.slice(PREFIX.length))?.[0]
      : undefined;
    if (pid === undefined || isProcessAlive(Number(pid))) continue;
    const folder = path.join(tmpdir(), name);
    const madeMs = (await stat(folder).catch(() => undefined))?.mtimeMs ?? Infinity;
    if (Date.now() - madeMs < LEFTOVER_AFTER_MS) continue;
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}
