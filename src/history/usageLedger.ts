import { mkdir, stat } from "node:fs/promises";
import path from "node:path";
import { type LedgerSession, type LedgerTable, ROW_GONE } from "../core/ledger/table.ts";
import type { Log } from "../core/log.ts";
import { applyChanges, rowAt } from "./applyChanges.ts";
import { compactLedger, isCompactionDue } from "./compactLedger.ts";
import { withFolderLock } from "./folderLock.ts";
import { Journal } from "./journal.ts";
import { LedgerColumns } from "./ledgerColumns.ts";
import { readLedgerFile } from "./ledgerFile.ts";
import {
  BASE_NAME,
  isMissing,
  listLedgerFiles,
  loadLedger,
  type LoadedLedger,
  type ReadFile,
} from "./ledgerFolder.ts";
import { type LedgerChanges, secondsOf } from "./ledgerRow.ts";
import { READ_AGAIN } from "./mergeSessions.ts";

/** How long a window waits for another that rewrites the folder. */
const LOCK_WAIT_MS = 5_000;

/** Something about the ledger's files that a person may want to know. */
export interface LedgerProblem {
  readonly kind: "damaged" | "notWritten";
  /** Fit to be shown and logged. */
  readonly message: string;
}

export interface UsageLedgerOptions {
  /** A folder for the ledger alone; made when missing. Several windows may use it at once. */
  readonly folder: string;
  readonly log: Log;
}

interface Pending {
  readonly changes: LedgerChanges;
  readonly placeID: string;
}

/**
 * The usage ledger of a window: all rows in memory, and what this window learns written to the folder at once.
 * What other windows and fills write is taken in by `refresh`.
 */
export class UsageLedger {
  private readonly folder: string;
  private readonly log: Log;
  private readonly journal: Journal;
  private columns: LedgerColumns;
  private files: Map<string, ReadFile>;
  /** In the table and not yet on the disk. */
  private pending: Pending[] = [];
  private nextWrite: Promise<void> | undefined;
  /** Everything that touches the folder happens one after the other. */
  private work: Promise<unknown> = Promise.resolve();
  private readonly listeners = new Set<() => void>();
  private readonly found: LedgerProblem[] = [];
  private isDisposed = false;

  private constructor(options: UsageLedgerOptions, loaded: LoadedLedger) {
    this.folder = options.folder;
    this.log = options.log;
    this.journal = new Journal(options.folder);
    this.columns = loaded.columns;
    this.files = new Map(loaded.files);
  }

  /**
   * Reads the folder. A damaged file is set aside and what it lacks is learnt again by the next fill.
   * @throws when the folder can be neither read nor made.
   */
  static async open(options: UsageLedgerOptions): Promise<UsageLedger> {
    await mkdir(options.folder, { recursive: true });
    const loaded = await loadLedger(options.folder);
    const ledger = new UsageLedger(options, loaded);
    if (loaded.damaged.length > 0) await ledger.tidy();
    return ledger;
  }

  /** All rows. Another object after each rewriting of the folder: do not keep it. */
  get table(): LedgerTable {
    return this.columns;
  }

  /** What went wrong with the files since the ledger was opened. */
  get problems(): readonly LedgerProblem[] {
    return this.found;
  }

  /** Calls the listener after every change of the table until the returned function is called. */
  onDidChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * Remembers something: in the table at once, on the disk when it resolves. Sessions that only rows name are
   * put at `placeID`. Rejects when it could not be written; it is then kept, and written with what comes next.
   */
  async record(changes: LedgerChanges, placeID: string): Promise<void> {
    applyChanges(this.columns, changes, placeID);
    this.pending.push({ changes, placeID });
    this.changed();
    // One write for all that comes until the work before is done.
    this.nextWrite ??= this.enqueue(() => this.writePending());
    await this.nextWrite;
  }

  /** A session as the ledger knows it. */
  session(sessionID: string): LedgerSession | undefined {
    const index = this.columns.sessionIndex(sessionID);
    return index === undefined ? undefined : this.columns.sessions[index];
  }

  /** Ids of the answers of some sessions that their servers still had when last asked. */
  answersOf(sessionIDs: ReadonlySet<string>): Map<string, string[]> {
    const { columns } = this;
    const found = new Map([...sessionIDs].map((id) => [id, new Array<string>()]));
    const lists = columns.sessions.map(({ id }) => found.get(id));
    for (let row = 0; row < columns.length; row++) {
      const list = lists[columns.session[row] ?? 0];
      if (list === undefined || ((columns.flags[row] ?? 0) & ROW_GONE) !== 0) continue;
      list.push(columns.messageID(row));
    }
    return found;
  }

  /**
   * What is to be remembered when a server no longer has some answers, or sessions with all of theirs. What
   * the ledger never knew is passed over.
   */
  goneChanges(
    gone: { readonly messageIDs?: Iterable<string>; readonly sessionIDs?: readonly string[] },
    nowMs: number,
  ): Required<Pick<LedgerChanges, "sessions" | "rows">> {
    const seenS = secondsOf(nowMs);
    const sessionIDs = gone.sessionIDs ?? [];
    const messageIDs = [
      ...(gone.messageIDs ?? []),
      ...[...this.answersOf(new Set(sessionIDs)).values()].flat(),
    ];
    return {
      sessions: sessionIDs.flatMap((id) => {
        const session = this.session(id);
        return session === undefined
          ? []
          : [{ ...session, isGone: true, stamp: READ_AGAIN, seenS }];
      }),
      rows: messageIDs.flatMap((id) => {
        const row = this.columns.rowOf(id);
        return row < 0 ? [] : [{ ...rowAt(this.columns, row), isGone: true, seenS }];
      }),
    };
  }

  /** Takes in what others wrote; tells whether there was anything. */
  async refresh(): Promise<boolean> {
    return await this.enqueue(async () => {
      const hasChanged = await this.readChanges();
      if (hasChanged) this.changed();
      return hasChanged;
    });
  }

  /** Puts the folder in order when that is worth while: small files into the base, damaged ones aside. */
  async tidy(): Promise<void> {
    await this.enqueue(async () => {
      await withFolderLock(this.folder, LOCK_WAIT_MS, async (lock) => {
        const loaded = await loadLedger(this.folder);
        if (!(await isCompactionDue(this.folder, loaded))) return;
        const setAside = await compactLedger(this.folder, lock, loaded);
        for (const name of setAside ?? []) {
          this.problem("damaged", `A damaged file of the usage ledger was set aside as ${name}.`);
        }
      });
      if (await this.readChanges()) this.changed();
    });
  }

  /** Writes what is left and gives the window's journal to the others. */
  async dispose(): Promise<void> {
    if (this.isDisposed) return;
    this.isDisposed = true;
    this.listeners.clear();
    await this.enqueue(() => this.journal.finish());
  }

  private async enqueue<T>(task: () => Promise<T>): Promise<T> {
    const run = this.work.then(task);
    // Whoever asked is told; what comes next does not suffer.
    this.work = run.catch(() => undefined);
    return await run;
  }

  private async writePending(): Promise<void> {
    this.nextWrite = undefined;
    const pending = [...this.pending];
    const columns = new LedgerColumns();
    for (const { changes, placeID } of pending) applyChanges(columns, changes, placeID);
    try {
      await this.journal.append(columns);
    } catch (error) {
      const reason = error instanceof Error ? error.message : "unknown";
      this.problem("notWritten", `The usage ledger could not be written: ${reason}`);
      throw error;
    }
    this.pending = this.pending.slice(pending.length);
  }

  private async readChanges(): Promise<boolean> {
    const base = await stat(path.join(this.folder, BASE_NAME)).catch(() => undefined);
    const known = this.files.get(BASE_NAME);
    const isSameBase =
      base?.ino === known?.inode &&
      base?.mtimeMs === known?.modifiedMs &&
      base?.size === known?.bytes;
    return isSameBase ? await this.readLogs() : await this.reload();
  }

  private async reload(): Promise<boolean> {
    const loaded = await loadLedger(this.folder);
    for (const { changes, placeID } of this.pending) {
      applyChanges(loaded.columns, changes, placeID);
    }
    this.columns = loaded.columns;
    this.files = new Map(loaded.files);
    return true;
  }

  /** Reads what was appended to the other windows' logs. */
  private async readLogs(): Promise<boolean> {
    let hasChanged = false;
    for (const name of await listLedgerFiles(this.folder)) {
      if (name === BASE_NAME || name === this.journal.name) continue;
      const file = path.join(this.folder, name);
      try {
        const info = await stat(file);
        const known = this.files.get(name);
        const from = known?.inode === info.ino ? known.end : 0;
        if (info.size <= from) continue;
        const content = await readLedgerFile(file, from);
        for (const frame of content.frames) this.columns.merge(frame);
        hasChanged ||= content.frames.length > 0;
        this.files.set(name, {
          name,
          inode: info.ino,
          modifiedMs: info.mtimeMs,
          bytes: content.bytes,
          end: content.end,
        });
      } catch (error) {
        // It has just become part of the base: the next refresh reads that.
        if (!isMissing(error)) throw error;
      }
    }
    return hasChanged;
  }

  private problem(kind: LedgerProblem["kind"], message: string): void {
    this.found.push({ kind, message });
    this.log.warn("ledger", message);
  }

  private changed(): void {
    for (const listener of [...this.listeners]) listener();
  }
}
