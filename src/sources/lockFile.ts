import { randomUUID } from "node:crypto";
import { open, readFile, rename, rm, stat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { ServerError } from "../core/errors.ts";
import { failed, ok } from "../core/result.ts";
import type { Result } from "../core/result.ts";
import { isAlive } from "./processEnd.ts";
import { isPid, isRecord, parseJSON } from "./unknownValue.ts";

/** No holder keeps the lock longer than this; an older one is left from a process whose id was given away again. */
const MAX_HELD_MS = 120_000;

/**
 * Runs a task while no other process runs one under the same lock file. The file is created exclusively and
 * names its holder; one whose holder is dead is taken away. Fails with `timeout` when the lock is not free in
 * time; the task itself is not limited. Not re-entrant.
 */
export async function withLockFile<T>(
  file: string,
  timeoutMs: number,
  task: () => Promise<T>,
): Promise<Result<T>> {
  const token = randomUUID();
  const deadlineMs = Date.now() + timeoutMs;
  for (let waitMs = 20; ; waitMs = Math.min(waitMs * 2, 250)) {
    if (await create(file, token)) break;
    await removeIfAbandoned(file);
    if (Date.now() >= deadlineMs) {
      return failed(new ServerError("timeout", `Another window has held ${file} for too long.`));
    }
    await delay(waitMs);
  }
  try {
    return ok(await task());
  } finally {
    if ((await readHolder(file))?.token === token) await rm(file, { force: true });
  }
}

/** Whether a living process holds the lock now. */
export async function isLocked(file: string): Promise<boolean> {
  const holder = await readHolder(file);
  return holder !== undefined && isAlive(holder.pid);
}

async function create(file: string, token: string): Promise<boolean> {
  let handle;
  try {
    handle = await open(file, "wx", 0o600);
  } catch (error) {
    // Windows says EPERM or EBUSY while the last holder's file is being removed.
    const code = isRecord(error) ? error["code"] : undefined;
    if (code === "EEXIST" || code === "EPERM" || code === "EBUSY") return false;
    throw error;
  }
  try {
    await handle.writeFile(JSON.stringify({ pid: process.pid, token }));
  } finally {
    await handle.close();
  }
  return true;
}

interface Holder {
  readonly pid: number;
  readonly token: string;
}

async function readHolder(file: string): Promise<Holder | undefined> {
  const value = parseJSON(await readFile(file, "utf8").catch(() => ""));
  if (!isRecord(value)) return undefined;
  const { pid, token } = value;
  return isPid(pid) && typeof token === "string" ? { pid, token } : undefined;
}

async function removeIfAbandoned(file: string): Promise<void> {
  const stats = await stat(file).catch(() => undefined);
  if (stats === undefined) return;
  const ageMs = Date.now() - stats.mtimeMs;
  const holder = await readHolder(file);
  // A file without a holder is one that is being written, or whose writer died over it.
  const isAbandoned =
    holder === undefined ? ageMs > 2_000 : !isAlive(holder.pid) || ageMs > MAX_HELD_MS;
  if (!isAbandoned) return;
  // Two who wait may both see it abandoned: only one can rename it, and what it got is checked again, so that
  // the lock of a third who was quicker is given back.
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch {
    return;
  }
  const taken = await readHolder(aside);
  if (taken?.token === holder?.token) await rm(aside, { force: true });
  else await rename(aside, file).catch(() => rm(aside, { force: true }));
}
