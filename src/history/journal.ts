import { type FileHandle, open, rename, stat } from "node:fs/promises";
import path from "node:path";
import { encodeFrame } from "./frame.ts";
import { journalName, segmentName, syncFolder, writeAll } from "./ledgerFolder.ts";
import type { LedgerColumns } from "./ledgerColumns.ts";
import { FILE_HEAD, fileHead } from "./ledgerFile.ts";

/** A journal of this size is finished: whoever compacts may take it in. */
const MOST_BYTES = 1_000_000;

interface OpenJournal {
  readonly name: string;
  readonly handle: FileHandle;
  readonly inode: number;
  bytes: number;
}

/**
 * What one window adds to a ledger's folder: a file of its own, so that windows never write into the same one.
 * It exists from the first row on. Calls must not overlap.
 */
export class Journal {
  private readonly folder: string;
  private file: OpenJournal | undefined;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The file's name, while there is one. */
  get name(): string | undefined {
    return this.file?.name;
  }

  /**
   * Appends the rows and sessions of some columns; when it resolves they are on the disk.
   * @throws when they could not be written; none of them counts then.
   */
  async append(columns: LedgerColumns): Promise<void> {
    const file = await this.writable();
    const frame = encodeFrame(columns);
    try {
      await writeAll(file.handle, frame);
      await file.handle.datasync();
    } catch (error) {
      // What follows half a frame could not be read safely: the next append begins a new file.
      await this.abandon();
      throw error;
    }
    file.bytes += frame.length;
    if (file.bytes > MOST_BYTES) await this.finish();
  }

  /** Closes the file and gives it the name of a finished piece. */
  async finish(): Promise<void> {
    const file = this.file;
    this.file = undefined;
    if (file === undefined) return;
    await file.handle.close();
    const from = path.join(this.folder, file.name);
    if ((await stat(from).catch(() => undefined))?.ino !== file.inode) return;
    await rename(from, path.join(this.folder, segmentName()));
    await syncFolder(this.folder);
  }

  private async abandon(): Promise<void> {
    const file = this.file;
    this.file = undefined;
    await file?.handle.close().catch(() => undefined);
  }

  /** The open file. One that somebody took for dead and removed was read before: a new one takes its place. */
  private async writable(): Promise<OpenJournal> {
    if (this.file !== undefined) {
      const now = await stat(path.join(this.folder, this.file.name)).catch(() => undefined);
      if (now?.ino === this.file.inode) return this.file;
      await this.abandon();
    }
    const name = journalName();
    const handle = await open(path.join(this.folder, name), "ax");
    try {
      await writeAll(handle, fileHead("log"));
      const { ino } = await handle.stat();
      this.file = { name, handle, inode: ino, bytes: FILE_HEAD };
      return this.file;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }
}
