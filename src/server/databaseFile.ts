import { readdir, readlink, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import type { Result } from "../core/result.ts";

/** Where a server says it keeps its files: its user's home, and OpenCode's own state folder. */
export interface ServerFolders {
  readonly home: string;
  readonly state: string;
}

/** `opencode.db`, or `opencode-<channel>.db` for builds that aren't stable ones. */
const DATABASE_NAME = /^opencode(-[\w.-]+)?\.db$/;

/** What is known about this machine; tests substitute their own. */
export interface Machine {
  readonly procDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

const THIS_MACHINE: Machine = { procDir: "/proc", env: process.env, home: homedir() };

/**
 * The database file of a server on this machine; undefined if unknown. The server doesn't report it, but its
 * process has the file open, which Linux shows. Otherwise it is in OpenCode's data folder, which is found
 * from the state folder that the server does report.
 */
export async function findDatabase(
  pid: number | undefined,
  folders: () => Promise<Result<ServerFolders>>,
  machine: Machine = THIS_MACHINE,
): Promise<string | undefined> {
  const opened = pid === undefined ? undefined : await openedDatabase(pid, machine.procDir);
  if (opened !== undefined) return opened;
  const reported = await folders();
  if (!reported.ok) return undefined;
  for (const folder of dataFolders(reported.value, machine)) {
    const file = await newestDatabase(folder);
    if (file !== undefined) return file;
  }
  return undefined;
}

async function openedDatabase(pid: number, procDir: string): Promise<string | undefined> {
  const folder = `${procDir}/${String(pid)}/fd`;
  const descriptors = await readdir(folder).catch(() => []);
  const links = await Promise.all(
    descriptors.map((name) => readlink(`${folder}/${name}`).catch(() => "")),
  );
  return links.find((path) => DATABASE_NAME.test(basename(path)));
}

/** Data folders that belong to a state folder under the rules of the XDG base directories, likeliest first. */
export function dataFolders(
  { home, state }: ServerFolders,
  { env, home: ownHome }: Pick<Machine, "env" | "home">,
): readonly string[] {
  const folders: string[] = [];
  const ownState = env["XDG_STATE_HOME"] ?? join(ownHome, ".local", "state");
  const ownData = env["XDG_DATA_HOME"] ?? join(ownHome, ".local", "share");
  if (state === join(ownState, "opencode")) folders.push(join(ownData, "opencode"));
  if (state === join(home, ".local", "state", "opencode")) {
    folders.push(join(home, ".local", "share", "opencode"));
  }
  const beside = dirname(dirname(state));
  folders.push(join(beside, "share", "opencode"), join(beside, "data", "opencode"));
  return [...new Set(folders)];
}

/** The most recently written database. */
async function newestDatabase(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch(() => []);
  let newest: { readonly file: string; readonly ms: number } | undefined;
  for (const name of names) {
    if (!DATABASE_NAME.test(name)) continue;
    const file = join(folder, name);
    const times = await Promise.all([file, `${file}-wal`].map((path) => modifiedMs(path)));
    const ms = Math.max(...times);
    if (newest === undefined || ms > newest.ms) newest = { file, ms };
  }
  return newest?.file;
}

async function modifiedMs(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  return found?.mtimeMs ?? 0;
}
