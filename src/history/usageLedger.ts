import { t } from "../core/language.ts";
import { setTimeout as delay } from "node:timers/promises";
import type { PriceTable } from "../core/ledger/ledgerQuery.ts";
import { type LedgerSession, type LedgerTable, sessionIn } from "../core/ledger/table.ts";
import type { Log } from "../core/log.ts";
import { modelKey } from "../core/state/model.ts";
import { samePrice } from "../core/usage/usage.ts";
import { LedgerDatabase, type PlacedChanges } from "./ledgerDatabase.ts";
import { inodeOf, ledgerFile, makeLedgerFile, setAside } from "./ledgerFile.ts";
import { type LedgerChanges, secondsOf } from "./ledgerRow.ts";
import { settleLedger } from "./runLedgerJob.ts";
import { isBusy, isDamage, messageOf } from "./sqlite.ts";
import { hasLostCommits, syncLog } from "./writeAheadLog.ts";

/** How long a call may block the extension host while another window writes; longer waits happen between calls. */
const WAIT_MS = 30;
const BUSY_AGAIN_MS = 100;
/** Time for other work in the extension host between two steps of reading. */
const PAUSE_MS = 1;
/** A fill in another window holds the ledger for seconds; if it takes longer than this, something is wrong. */
const MOST_BUSY_MS = 60_000;
/** Changes that could not be written are retried after this time, or with the next ones. */
const REFUSED_AGAIN_MS = 10_000;
const MOST_WAIT_AT_END_MS = 3_000;
/** Bytes of the log from which it is moved into the file: as many as SQLite itself would allow. */
const MOST_LOG_BYTES = 4_096_000;

/** Something about the ledger's file that the user may want to know. */
export interface LedgerProblem {
  readonly kind: "damaged" | "notWritten" | "notRead";
  /** Suitable for display and logging. */
  readonly message: string;
}

export interface UsageLedgerOptions {
  /** A folder for the ledger only; created if missing. Several windows may use it at once. */
  readonly folder: string;
  readonly log: Log;
  /** Our clock, milliseconds since the epoch. */
  readonly now: () => number;
  /**
   * Path of the built worker. It creates the file if there is none, and moves its log into it: both wait for the
   * disk several times. If left out, this thread does so.
   */
  readonly worker?: string;
  /** For tests: resolves with the log's bytes once it is on disk. */
  readonly sync?: typeof syncLog;
}

interface Pending extends PlacedChanges {
  /** Settles what the callers are waiting for; only the first call counts. */
  readonly settle: (error?: Error) => void;
}

/**
 * The usage ledger of a window: keeps all rows in memory, and writes what this window learns to
 * `ledger.sqlite`. `refresh` takes in what other windows and fills write.
 */
export class UsageLedger {
  readonly #options: UsageLedgerOptions;
  readonly #file: string;
  readonly #listeners = new Set<() => void>();
  readonly #problems = new Map<LedgerProblem["kind"], LedgerProblem>();
  #database: LedgerDatabase;
  #inode: number;
  #pending: Pending[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Since when others have kept us from writing, by a monotonic clock. */
  #busySinceMs: number | undefined;
  /** Takes in what others wrote; nothing is written meanwhile. */
  #reading: Promise<boolean> | undefined;
  /** Until the last write is on disk; nothing is written meanwhile, so that a power cut leaves no gap in the log. */
  #syncing: Promise<void> | undefined;
  #settling: Promise<void> | undefined;
  #isDisposed = false;

  private constructor(options: UsageLedgerOptions) {
    this.#options = options;
    this.#file = ledgerFile(options.folder);
    this.#inode = makeLedgerFile(this.#file);
    this.#database = this.#openSound();
  }

  /**
   * Opens the ledger of a folder. A damaged one is set aside, and the next fill relearns what is missing.
   * Rejects if the folder can't be read or created, or if there is no SQLite.
   */
  static async open(options: UsageLedgerOptions): Promise<UsageLedger> {
    if (inodeOf(ledgerFile(options.folder)) === 0) await settleLedger(options);
    const ledger = new UsageLedger(options);
    try {
      await ledger.#readSound();
      return ledger;
    } catch (error) {
      ledger.#database.close();
      throw error;
    }
  }

  /** All rows. A different object after a damaged file was replaced: don't keep it. */
  get table(): LedgerTable {
    return this.#database.table;
  }

  /** The last list prices that servers' catalogues reported, kept for models that are no longer in them. */
  get prices(): PriceTable {
    return this.#database.prices;
  }

  /** The last write in the table: whatever a query starting now can't know of came after it. */
  get position(): number {
    return this.#database.position;
  }

  /** What is wrong with the file, or was. */
  get problems(): readonly LedgerProblem[] {
    return [...this.#problems.values()];
  }

  /** Calls the listener after every change of the table until the returned function is called. */
  onDidChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Records changes: they are on disk and in the table when this resolves. Sessions that only appear in rows
   * are put at `placeID`. Rejects if the changes couldn't be written; they are then kept, and retried.
   */
  async record(changes: LedgerChanges, placeID: string): Promise<void> {
    if (this.#isDisposed) throw new Error(t("the usage ledger is closed"));
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: Error): void => {
        if (error === undefined) resolve();
        else reject(error);
      };
      this.#pending.push({ changes, placeID, settle });
      // One write for everything that arrives in the same moment.
      if (this.#busySinceMs === undefined) this.#writeIn(0);
    });
  }

  /** Records the prices in a catalogue; returns whether any of them was new. */
  async learnPrices(models: Required<LedgerChanges>["models"]): Promise<boolean> {
    const news = models.filter(
      (model) =>
        model.price !== undefined && !samePrice(this.prices.get(modelKey(model)), model.price),
    );
    if (news.length === 0) return false;
    await this.record({ models: news }, "");
    return true;
  }

  /** A session as the ledger knows it. */
  session(sessionID: string, placeID?: string): LedgerSession | undefined {
    return sessionIn(this.table, sessionID, placeID);
  }

  /** Whether the table momentarily contains only part of what others wrote. */
  get isReading(): boolean {
    return this.#reading !== undefined;
  }

  /** Takes in what others wrote, a few milliseconds at a time; returns whether there was anything. */
  async refresh(): Promise<boolean> {
    while (this.#reading !== undefined) await this.#reading;
    if (this.#isDisposed) return false;
    this.#reading = this.#refresh();
    const hasChanged = await this.#reading;
    this.#reading = undefined;
    if (this.#pending.length > 0 && this.#busySinceMs === undefined) this.#writeIn(0);
    if (hasChanged) this.#notify();
    return hasChanged;
  }

  /**
   * A file is damaged: it is kept next to a new one, unless another window has done so. `inode`: which file
   * it was; by default, the one that is open.
   */
  replaceDamaged(reason: string, inode = this.#inode): void {
    try {
      this.#database.close();
      this.#setAside(reason, inode);
      this.#reopen();
      this.#problems.delete("notRead");
      this.#notify();
    } catch (error) {
      this.#notRead(error);
    }
  }

  /** A file of an earlier version was damaged: what was intact in it has been taken over. */
  reportDamaged(name: string): void {
    this.#problem("damaged", t`A damaged file of the usage ledger is kept as ${name}.`);
  }

  /** Writes what is left, as far as possible, and closes the file. */
  async dispose(): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#listeners.clear();
    await this.#reading;
    await this.#syncing;
    const untilMs = performance.now() + MOST_WAIT_AT_END_MS;
    for (;;) {
      clearTimeout(this.#timer);
      this.#write();
      await this.#syncing;
      if (this.#busySinceMs === undefined || performance.now() > untilMs) break;
      await new Promise((resolve) => setTimeout(resolve, BUSY_AGAIN_MS));
    }
    clearTimeout(this.#timer);
    if (this.#pending.length > 0) {
      this.#options.log.warn("ledger", `closed with ${this.#pending.length} unwritten changes`);
      for (const { settle } of this.#pending) settle(new Error(t("the usage ledger is closed")));
    }
    this.#database.close();
  }

  #writeIn(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#write();
    }, delayMs);
  }

  #write(): void {
    const pending = [...this.#pending];
    // A read or a sync under way comes first, and calls this again when done.
    if (pending.length === 0 || this.#reading !== undefined || this.#syncing !== undefined) return;
    try {
      if (inodeOf(this.#file) !== this.#inode) this.#reopen();
      this.#database.write(pending, secondsOf(this.#options.now()));
    } catch (error) {
      this.#notWritten(error);
      return;
    }
    this.#busySinceMs = undefined;
    this.#syncing = this.#sync(pending);
  }

  /** Acknowledges what was written once it is on disk. */
  async #sync(pending: readonly Pending[]): Promise<void> {
    const database = this.#database;
    let failure: { readonly error: unknown } | undefined;
    try {
      const logBytes = await (this.#options.sync ?? syncLog)(this.#file);
      if (logBytes > MOST_LOG_BYTES) {
        this.#settling ??= settleLedger(this.#options).finally(() => (this.#settling = undefined));
      }
    } catch (error) {
      failure = { error };
    }
    this.#syncing = undefined;
    if (database !== this.#database || inodeOf(this.#file) !== this.#inode) {
      // Another file has replaced it since, without what was written.
      this.#writeIn(0);
      return;
    }
    if (failure !== undefined) {
      this.#notWritten(failure.error);
      return;
    }
    this.#pending = this.#pending.slice(pending.length);
    this.#problems.delete("notWritten");
    void this.refresh().then(() => {
      for (const { settle } of pending) settle();
    });
  }

  #notWritten(error: unknown): void {
    const reason = error instanceof Error ? error : new Error("unknown");
    if (isDamage(error)) {
      this.replaceDamaged(reason.message);
      this.#writeIn(0);
      return;
    }
    const nowMs = performance.now();
    if (isBusy(error) && nowMs - (this.#busySinceMs ?? nowMs) < MOST_BUSY_MS) {
      this.#busySinceMs ??= nowMs;
      this.#writeIn(BUSY_AGAIN_MS);
      return;
    }
    this.#busySinceMs = undefined;
    this.#problem(
      "notWritten",
      t`The usage ledger cannot be written (${reason.message}). New usage is missing until this is resolved.`,
    );
    for (const { settle } of this.#pending) settle(reason);
    this.#writeIn(REFUSED_AGAIN_MS);
    this.#timer?.unref();
  }

  async #refresh(): Promise<boolean> {
    try {
      const hasChanged = await this.#readSound();
      this.#problems.delete("notRead");
      return hasChanged;
    } catch (error) {
      this.#notRead(error);
      return false;
    }
  }

  /** Reads what is new, or the file that replaces a damaged one; returns whether there was anything. */
  async #readSound(): Promise<boolean> {
    try {
      const isSame = inodeOf(this.#file) === this.#inode;
      if (!isSame) this.#reopen();
      const database = this.#database;
      const steps = database.refreshInSteps();
      for (;;) {
        const { done, value } = steps.next();
        if (done === true) return value || !isSame;
        await delay(PAUSE_MS);
        // Damage was found meanwhile: the file that is open now has been read in full.
        if (database !== this.#database) return true;
      }
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.replaceDamaged(messageOf(error));
      return true;
    }
  }

  /** Reading is retried when others have written, or with the next write. */
  #notRead(error: unknown): void {
    if (isBusy(error)) return;
    this.#problem("notRead", t`The usage ledger cannot be read (${messageOf(error)}).`);
  }

  #reopen(): void {
    this.#database.close();
    this.#inode = makeLedgerFile(this.#file);
    this.#database = this.#openSound();
    this.#database.refresh();
  }

  #openSound(): LedgerDatabase {
    const hasLost = hasLostCommits(this.#file);
    try {
      const database = this.#openFile();
      if (hasLost) this.#readAgain(database);
      return database;
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#setAside(messageOf(error), this.#inode);
      this.#inode = makeLedgerFile(this.#file);
      return this.#openFile();
    }
  }

  #openFile(): LedgerDatabase {
    const database = LedgerDatabase.openUnread(this.#file, WAIT_MS);
    database.writeWithoutWaiting(this.#options.worker !== undefined);
    return database;
  }

  /** Parts of what is left may be older than others: reads again whatever OpenCode still has. */
  #readAgain(database: LedgerDatabase): void {
    try {
      database.forgetStamps();
    } catch (error) {
      this.#notRead(error);
    }
    this.#problem(
      "damaged",
      t(
        "The end of the usage ledger was damaged. It is being rebuilt; usage that OpenCode has since deleted may be missing.",
      ),
    );
  }

  #setAside(reason: string, inode: number): void {
    const name = setAside(this.#file, inode, this.#options.now());
    if (name === undefined) return;
    this.#problem(
      "damaged",
      t`The usage ledger was damaged (${reason}). The damaged file is kept as ${name}, and the ledger is being rebuilt; usage that OpenCode has deleted is missing.`,
    );
  }

  /** Reported once, until the message changes. */
  #problem(kind: LedgerProblem["kind"], message: string): void {
    if (this.#problems.get(kind)?.message === message) return;
    this.#problems.set(kind, { kind, message });
    // eslint-disable-next-line project/own-words -- our own words; SQLite names a table or the disk, never what is in a row
    this.#options.log.warn("ledger", message);
    this.#notify();
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
