import { t } from "../core/language.ts";
import { randomUUID } from "node:crypto";
import { open, readdir, readFile, rm, stat } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod";
import { ServerError } from "../core/errors.ts";
import { failed, ok } from "../core/result.ts";
import type { Result } from "../core/result.ts";
import { codeOf, parseJSONAs } from "./parseJSON.ts";
import { identifySelf, isRunning, PROCESS_IDENTITY } from "./processIdentity.ts";

/** Removing an abandoned lock takes milliseconds: whoever takes longer was killed while doing it. */
const REMOVAL_LIMIT_MS = 10_000;
const REMOVAL_PAUSE_MS = 20;

/**
 * Runs a task while no other process runs one under the same lock file. The file is created exclusively and
 * names its holder; a lock whose holder has ended is removed. Fails with `timeout` if the lock isn't free in
 * time, immediately if that is zero; the task itself has no time limit. Not re-entrant.
 */
export async function withLockFile<T>(
  file: string,
  timeoutMs: number,
  task: () => Promise<T>,
): Promise<Result<T>> {
  const holder = await identifySelf();
  if (holder === undefined) {
    return failed(
      new ServerError("rejected", t("The system does not report when this process started.")),
    );
  }
  const token = randomUUID();
  const deadlineMs = performance.now() + timeoutMs;
  for (let waitMs = 20; ; waitMs = Math.min(waitMs * 2, 250)) {
    if (await create(file, { ...holder, token })) break;
    if (await removeIfAbandoned(file, { ...holder, token })) continue;
    if (performance.now() >= deadlineMs) {
      return failed(new ServerError("timeout", t`Another window has held ${file} for too long.`));
    }
    await delay(waitMs);
  }
  try {
    return ok(await task());
  } finally {
    if ((await readHolder(file))?.token === token) await rm(file, { force: true });
  }
}

/** Whether a running process holds the lock now. */
export async function isLocked(file: string): Promise<boolean> {
  const holder = await readHolder(file);
  return holder !== undefined && (await isRunning(holder));
}

/** Removes the locks in a folder whose holders have ended. */
export async function removeAbandonedLocks(folder: string): Promise<void> {
  const holder = await identifySelf();
  if (holder === undefined) return;
  for (const name of await readdir(folder)) {
    if (!name.endsWith(".lock")) continue;
    await removeIfAbandoned(path.join(folder, name), { ...holder, token: randomUUID() });
  }
}

async function create(file: string, holder: Holder): Promise<boolean> {
  let handle;
  try {
    handle = await open(file, "wx", 0o600);
  } catch (error) {
    // Windows reports EPERM or EBUSY while the last holder's file is being removed.
    const code = codeOf(error);
    if (code === "EEXIST" || code === "EPERM" || code === "EBUSY") return false;
    throw error;
  }
  try {
    await handle.writeFile(JSON.stringify(holder));
  } finally {
    await handle.close();
  }
  return true;
}

const HOLDER = PROCESS_IDENTITY.extend({ token: z.string() });

type Holder = z.infer<typeof HOLDER>;

async function readHolder(file: string): Promise<Holder | undefined> {
  return parseJSONAs(HOLDER, await readFile(file, "utf8").catch(() => ""));
}

/** Removes a lock whose holder has ended, or waits while another does. Returns whether it may be free now. */
async function removeIfAbandoned(file: string, holder: Holder): Promise<boolean> {
  if (!(await isAbandoned(file))) return false;
  // Only one remover at a time, and only after another check: it may be a new lock by then.
  const guard = `${file}.removal`;
  if (!(await create(guard, holder))) {
    if ((await ageMsOf(guard)) > REMOVAL_LIMIT_MS) await rm(guard, { force: true });
    else await delay(REMOVAL_PAUSE_MS);
    return true;
  }
  try {
    if (await isAbandoned(file)) await rm(file, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
  return true;
}

async function isAbandoned(file: string): Promise<boolean> {
  const holder = await readHolder(file);
  // A file without a holder is still being written, or its writer was killed.
  return holder === undefined ? (await ageMsOf(file)) > 2_000 : !(await isRunning(holder));
}

/** When this process first saw a file as it is, by a monotonic clock. */
const firstSeen = new Map<string, { readonly mtimeMs: number; readonly atMs: number }>();

/**
 * How long a file has been as it is, by its time or by what this process has seen of it: the system's clock may
 * have been set back since. Zero if it doesn't exist.
 */
async function ageMsOf(file: string): Promise<number> {
  const stats = await stat(file).catch(() => undefined);
  if (stats === undefined) {
    firstSeen.delete(file);
    return 0;
  }
  const { mtimeMs } = stats;
  const nowMs = performance.now();
  const seen = firstSeen.get(file);
  const atMs = seen?.mtimeMs === mtimeMs ? seen.atMs : nowMs;
  firstSeen.set(file, { mtimeMs, atMs });
  // eslint-disable-next-line project/monotonic-waits -- the file's time is by the same clock
  return Math.max(Date.now() - mtimeMs, nowMs - atMs);
}
