import { randomUUID } from "node:crypto";
import { open, readFile, rm, stat, utimes } from "node:fs/promises";
import { utimesSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** A holder shows that it is alive this often. */
const TOUCH_EVERY_MS = 5_000;
/** A lock nobody touched for so long is abandoned, even if its process lives: its worker was ended. */
const ABANDONED_AFTER_MS = 30_000;

/** The right to rewrite a folder, held by one task of one window at a time. */
export interface FolderLock {
  /** Shows that the holder is alive; to be called in long stretches without a pause. Cheap. */
  readonly touch: () => void;
  /** Whether the lock has not been taken over, as after the machine slept. */
  readonly isHeld: () => Promise<boolean>;
}

/**
 * Runs a task while no other window or process runs one under the same lock. Gives undefined, without running
 * it, when the lock is not free within `waitMs`. A lock whose holder died is taken over.
 */
export async function withFolderLock<T>(
  folder: string,
  waitMs: number,
  task: (lock: FolderLock) => Promise<T>,
): Promise<T | undefined> {
  const file = path.join(folder, "lock");
  const token = randomUUID();
  const deadlineMs = Date.now() + waitMs;
  while (!(await create(file, token))) {
    await removeAbandoned(file);
    if (Date.now() >= deadlineMs) return undefined;
    await delay(25);
  }
  let touchedMs = Date.now();
  const touch = (): void => {
    const nowMs = Date.now();
    if (nowMs - touchedMs < TOUCH_EVERY_MS) return;
    touchedMs = nowMs;
    try {
      utimesSync(file, nowMs / 1000, nowMs / 1000);
    } catch {
      // Taken over or deleted by hand: `isHeld` tells before anything is rewritten.
    }
  };
  const timer = setInterval(() => {
    utimes(file, new Date(), new Date()).catch(() => undefined);
  }, TOUCH_EVERY_MS);
  timer.unref();
  const isHeld = async (): Promise<boolean> => (await readToken(file)) === token;
  try {
    return await task({ touch, isHeld });
  } finally {
    clearInterval(timer);
    if (await isHeld()) await rm(file, { force: true });
  }
}

/** Whether a process of this machine runs. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Not ours to signal, but there.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

async function create(file: string, token: string): Promise<boolean> {
  try {
    const handle = await open(file, "wx");
    try {
      await handle.writeFile(`${process.pid} ${hostname()} ${token}`);
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

async function readToken(file: string): Promise<string | undefined> {
  return (await readFile(file, "utf8").catch(() => "")).split(" ")[2];
}

/** Takes an abandoned lock away. Whoever does so holds a second lock meanwhile, lest a new holder's be taken. */
async function removeAbandoned(file: string): Promise<void> {
  if (!(await isAbandoned(file))) return;
  const guard = `${file}-removal`;
  try {
    await (await open(guard, "wx")).close();
  } catch {
    const madeMs = (await stat(guard).catch(() => undefined))?.mtimeMs ?? Infinity;
    if (Date.now() - madeMs > ABANDONED_AFTER_MS) await rm(guard, { force: true });
    return;
  }
  try {
    if (await isAbandoned(file)) await rm(file, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

async function isAbandoned(file: string): Promise<boolean> {
  const [info, text] = await Promise.all([
    stat(file).catch(() => undefined),
    readFile(file, "utf8").catch(() => undefined),
  ]);
  if (info === undefined || text === undefined) return false;
  if (Date.now() - info.mtimeMs > ABANDONED_AFTER_MS) return true;
  const [pid = "", host] = text.split(" ");
  return host === hostname() && /^\d+$/.test(pid) && !isProcessAlive(Number(pid));
}
