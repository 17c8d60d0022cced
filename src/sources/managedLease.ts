import { rmSync } from "node:fs";
import { readFile, readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { makePrivateFolder, markPrivateFile, writePrivateFile } from "../files/writeFile.ts";
import { parseJSONAs, PID } from "./parseJSON.ts";
import { isAlive } from "./processEnd.ts";
import { PROCESS_IDENTITY } from "./processIdentity.ts";

/** Files through which windows share one managed server. A new shape gets a new name: versions don't interfere. */
export interface ManagedFiles {
  readonly dir: string;
  readonly lease: string;
  readonly lock: string;
  /** One file per window that uses the server, named by process id: joining and leaving needs no lock. */
  readonly windowsDir: string;
}

const LEASE = z.object({
  url: z.string(),
  password: z.string(),
  /** The process started with that password, or the script that started it. */
  server: PROCESS_IDENTITY,
  /** The process that ends the server once no window is left. */
  guardian: PROCESS_IDENTITY,
});

const ENDED = z.object({ message: z.string(), endedMs: z.number() });

/** The running server. Readable only by its user. */
export type Lease = Readonly<z.infer<typeof LEASE>>;

/** The content of the lease file: a server, or how the last one ended unexpectedly. */
export type LeaseState =
  | { readonly kind: "running"; readonly lease: Lease }
  | { readonly kind: "ended"; readonly message: string; readonly endedMs: number }
  | undefined;

/** The files in a storage folder. */
export function managedFiles(storageDir: string): ManagedFiles {
  return {
    dir: storageDir,
    lease: path.join(storageDir, "lease-2.json"),
    lock: path.join(storageDir, "start-2.lock"),
    windowsDir: path.join(storageDir, "windows-2"),
  };
}

/** Creates the folders, accessible only to their user. */
export async function createManagedDirs(files: ManagedFiles): Promise<void> {
  await makePrivateFolder(files.windowsDir);
}

/** Reads the lease file; undefined if there is none or it is malformed. Never throws. */
export async function readLease(files: ManagedFiles): Promise<LeaseState> {
  const text = await readFile(files.lease, "utf8").catch(() => "");
  const content = parseJSONAs(z.union([LEASE, ENDED]), text);
  if (content === undefined) return undefined;
  return "message" in content ? { kind: "ended", ...content } : { kind: "running", lease: content };
}

/** Replaces the lease file atomically; readers see the old or the new one. */
export async function writeLease(
  files: ManagedFiles,
  content: Lease | { readonly message: string; readonly endedMs: number },
): Promise<void> {
  await writePrivateFile(files.lease, JSON.stringify(content));
}

export async function removeLease(files: ManagedFiles): Promise<void> {
  await rm(files.lease, { force: true });
}

/** Records that a window uses the server; call it again as a heartbeat, which is the file's time. */
export async function announceWindow(files: ManagedFiles, pid: number): Promise<void> {
  await markPrivateFile(path.join(files.windowsDir, String(pid)), String(Date.now()));
}

/** Records that a window no longer uses the server. Synchronous: the window may be ending. Never throws. */
export function leaveWindow(files: ManagedFiles, pid: number): void {
  try {
    rmSync(path.join(files.windowsDir, String(pid)), { force: true });
  } catch {
    // The guardian notices that the window's process has ended.
  }
}

/** The running windows that use the server, with their last heartbeat. Forgets those that have ended. */
export async function livingWindows(files: ManagedFiles): Promise<ReadonlyMap<number, number>> {
  const living = new Map<number, number>();
  for (const name of await readdir(files.windowsDir).catch(() => [])) {
    const { data: pid } = PID.safeParse(Number(name));
    if (pid === undefined) continue;
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
