import { createHash } from "node:crypto";
import path from "node:path";
import type { Result } from "../core/result.ts";
import { makePrivateFolder } from "../files/writeFile.ts";
import { removeAbandonedLocks, withLockFile } from "./lockFile.ts";

const sweptFolders = new Set<string>();

/**
 * Runs a task unless another window on this machine is running one for the same `thing`; then fails with
 * `timeout`. `folder`: shared by the windows, created if missing. `thing`: any text the windows agree on.
 */
export async function inOneWindow(
  folder: string,
  thing: string,
  task: () => Promise<void>,
): Promise<Result<void>> {
  await makePrivateFolder(folder);
  if (!sweptFolders.has(folder)) {
    sweptFolders.add(folder);
    void removeAbandonedLocks(folder).catch(() => undefined);
  }
  const name = createHash("sha256").update(thing).digest("hex").slice(0, 32);
  return withLockFile(path.join(folder, `${name}.lock`), 0, task);
}
