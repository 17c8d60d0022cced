import { randomUUID } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { makePrivateFolder, writePrivateFile } from "./writeFile.ts";

/** Copies whose prompt was forgotten rather than sent are deleted after this time, when another one is made. */
const MAX_AGE_MS = 30 * 24 * 3_600_000;

/** Copies of files that are to be sent with prompts, readable only by their owner. */
export class AttachedCopies {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Returns the URI of the copy. */
  async keep(bytes: Uint8Array): Promise<string> {
    await makePrivateFolder(this.#folder);
    const file = path.join(this.#folder, randomUUID());
    await writePrivateFile(file, bytes);
    await this.#deleteOlder((await stat(file)).mtimeMs - MAX_AGE_MS);
    return pathToFileURL(file).href;
  }

  /** Deletes those of the files that are copies. */
  async drop(uris: readonly string[]): Promise<void> {
    for (const uri of uris) {
      if (!uri.startsWith(`${pathToFileURL(this.#folder).href}/`)) continue;
      await rm(path.join(this.#folder, path.basename(uri)), { force: true });
    }
  }

  async #deleteOlder(limitMs: number): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      const file = path.join(this.#folder, name);
      const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: Infinity }));
      if (mtimeMs < limitMs) await rm(file, { force: true });
    }
  }
}
