import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { isAlive } from "./processEnd.ts";
import { isPid, isRecord, parseJSON } from "./unknownValue.ts";

/** Files by which windows share one managed server. A new shape gets a new file name, so that windows of two versions of this extension leave each other alone. */
export interface ManagedFiles {
  readonly dir: string;
  readonly lease: string;
  readonly lock: string;
  /** One file for each window that uses the server, named by its process id: joining and leaving needs no lock and cannot lose another window's entry. */
  readonly windowsDir: string;
}

/** The server that runs. Readable by its user alone. */
export interface Lease {
  readonly url: string;
  readonly pid: number;
  /** The process that ends the server when no window is left. */
  readonly guardianPid: number;
  readonly password: string;
}

/** What the lease file says: a server, or how the last one ended without being told to. */
export type LeaseState =
  | { readonly kind: "running"; readonly lease: Lease }
  | { readonly kind: "ended"; readonly message: string; readonly endedMs: number }
  | undefined;

/** The files in a storage folder. */
export function managedFiles(storageDir: string): ManagedFiles {
  return {
    dir: storageDir,
    lease: path.join(storageDir, "lease-1.json"),
    lock: path.join(storageDir, "start-1.lock"),
    windowsDir: path.join(storageDir, "windows-1"),
  };
}

/** Makes the folders, for their user alone. */
export async function createManagedDirs(files: ManagedFiles): Promise<void> {
  await mkdir(files.windowsDir, { recursive: true, mode: 0o700 });
}

/** Reads the lease file; undefined when there is none that can be understood. Never throws. */
export async function readLease(files: ManagedFiles): Promise<LeaseState> {
  const value = parseJSON(await readFile(files.lease, "utf8").catch(() => ""));
  if (!isRecord(value)) return undefined;
  const { url, pid, guardianPid, password, message, endedMs } = value;
  if (typeof message === "string" && typeof endedMs === "number") {
    return { kind: "ended", message, endedMs };
  }
  if (typeof url !== "string" || !isPid(pid) || !isPid(guardianPid)) return undefined;
  if (typeof password !== "string") return undefined;
  return { kind: "running", lease: { url, pid, guardianPid, password } };
}

/** Replaces the lease file in one step; readers see the old or the new one. */
export async function writeLease(
  files: ManagedFiles,
  content: Lease | { readonly message: string; readonly endedMs: number },
): Promise<void> {
  const temporary = `${files.lease}.${randomUUID()}`;
  await writeFile(temporary, JSON.stringify(content), { mode: 0o600, flag: "wx" });
  try {
    await rename(temporary, files.lease);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

export async function removeLease(files: ManagedFiles): Promise<void> {
  await rm(files.lease, { force: true });
}

/** Says that a window uses the server, and again that it still does: the file's time is its sign of life. */
export async function announceWindow(files: ManagedFiles, pid: number): Promise<void> {
  await writeFile(path.join(files.windowsDir, String(pid)), String(Date.now()), { mode: 0o600 });
}

/** Says that a window no longer uses the server. At once, since the window may be about to end. Never throws. */
export function leaveWindow(files: ManagedFiles, pid: number): void {
  try {
    rmSync(path.join(files.windowsDir, String(pid)), { force: true });
  } catch {
    // The guardian sees that the window is gone when its process is.
  }
}

/** The windows that use the server and live, with the time of their last sign of life. Forgets those that died. */
export async function livingWindows(files: ManagedFiles): Promise<ReadonlyMap<number, number>> {
  const living = new Map<number, number>();
  for (const name of await readdir(files.windowsDir).catch(() => [])) {
    const pid = Number(name);
    if (!isPid(pid)) continue;
    const file = path.join(files.windowsDir, name);
    if (isAlive(pid)) {
      const stats = await stat(file).catch(() => undefined);
      if (stats !== undefined) living.set(pid, stats.mtimeMs);
    } else {
      await rm(file, { force: true });
    }
  }
  return living;
}
