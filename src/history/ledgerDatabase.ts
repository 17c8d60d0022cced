import type { LedgerTable } from "../core/ledger/table.ts";
import { modelKey } from "../core/state/model.ts";
import type { ModelPrice } from "../core/usage/usage.ts";
import { type DatabaseFillOptions, fillFromDatabase } from "./databaseFill.ts";
import type { FillOutcome } from "./fill.ts";
import { LedgerColumns } from "./ledgerColumns.ts";
import * as sql from "./ledgerQueries.ts";
import {
  flagsOf,
  type GoneChanges,
  type LedgerChanges,
  type LedgerRow,
  MAX_MS,
} from "./ledgerRow.ts";
import { openLedgerFile } from "./openLedger.ts";
import {
  type Database,
  firstRow,
  type SqlParameters,
  type SqlValue,
  type Statement,
  rollBack,
} from "./sqlite.ts";

/** Changes, with the place of the sessions that only appear in their rows. */
export interface PlacedChanges {
  readonly changes: LedgerChanges;
  readonly placeID: string;
}

/** Maximum duration of a step of a refresh. */
const STEP_MS = 8;

/** The number of a write, and our clock. */
interface Write {
  readonly changed: number;
  readonly nowS: number;
}

/**
 * An open `ledger.sqlite`, used by one window or one job. Its rows are kept in a table in memory, which
 * `refresh` and `fill` update. All calls are synchronous and throw SQLite's own errors, including the one for
 * a database that another process has locked.
 */
export class LedgerDatabase {
  readonly #database: Database;
  readonly #statements = new Map<string, Statement>();
  readonly #columns: LedgerColumns;
  #prices: ReadonlyMap<string, ModelPrice> = new Map();
  /** The last write that the table includes. */
  #changed = 0;
  #isClosed = false;

  private constructor(database: Database) {
    this.#database = database;
    this.#columns = new LedgerColumns(() => this.#rows(sql.READ_MESSAGE_IDS));
  }

  /**
   * Opens a file, creating it if needed, and reads all of it; `:memory:` for a private ledger. `waitMs`: how
   * long a call may wait for others. @throws DamagedLedger, or Error if there is no SQLite or a newer version
   * wrote the file.
   */
  static open(file: string, waitMs: number): LedgerDatabase {
    const ledger = LedgerDatabase.openUnread(file, waitMs);
    try {
      ledger.refresh();
      return ledger;
    } catch (error) {
      ledger.close();
      throw error;
    }
  }

  /** Like `open`, with a table that is empty until it is refreshed. */
  static openUnread(file: string, waitMs: number): LedgerDatabase {
    return new LedgerDatabase(openLedgerFile(file, waitMs));
  }

  get table(): LedgerTable {
    return this.#columns;
  }

  /** The last known list prices, by `modelKey`; a different object after each change. */
  get prices(): ReadonlyMap<string, ModelPrice> {
    return this.#prices;
  }

  /** The last write that the table includes. */
  get position(): number {
    return this.#changed;
  }

  /**
   * From now on, `write` doesn't wait for the disk: a power cut may undo it until its log is synced. `keepsLog`: nor
   * does it move the log into the file when that has grown long, which waits too: someone else must do so.
   */
  writeWithoutWaiting(keepsLog: boolean): void {
    this.#database.exec("PRAGMA synchronous = NORMAL");
    if (keepsLog) this.#database.exec("PRAGMA wal_autocheckpoint = 0");
  }

  /**
   * Writes changes, all of them or none. They are on disk when this returns, and in the table after the next
   * refresh, which may also have a lot to read from others. `nowS`: our clock, seconds since the epoch.
   */
  write(all: readonly PlacedChanges[], nowS: number): void {
    this.#transact((changed) => {
      const write = { changed, nowS };
      for (const { changes, placeID } of all) this.#apply(changes, placeID, write);
    });
  }

  /** Makes the next fill read every session again. */
  forgetStamps(): void {
    this.#transact((changed) => {
      this.#run(sql.FORGET_STAMPS, { changed });
    });
    // Restarts the write-ahead log: nothing damaged is left in it.
    this.#database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  /** Fills it from an OpenCode database: for a private ledger. */
  fill(options: DatabaseFillOptions): FillOutcome {
    const outcome = fillFromDatabase(this.#database, options);
    this.refresh();
    return outcome;
  }

  /** Takes in what was written since; returns whether there was anything. */
  refresh(): boolean {
    const steps = this.refreshInSteps();
    for (;;) {
      const { done, value } = steps.next();
      if (done === true) return value;
    }
  }

  /**
   * Like `refresh`, a few milliseconds at a time. Until it is done, the table contains only part of what is
   * new, and nothing may be written. After a `close`, no further step may be requested.
   */
  *refreshInSteps(): Generator<undefined, boolean> {
    // A consistent snapshot: a write between two of these queries would be missed.
    this.#database.exec("BEGIN");
    try {
      return yield* this.#read();
    } finally {
      this.#database.exec("COMMIT");
    }
  }

  /** Closes the file, unless that has already been done. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#database.close();
  }

  #transact(task: (changed: number) => void): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const [changed] = firstRow(this.#rows(sql.BEGIN_WRITE));
      task(Number(changed));
      this.#database.exec("COMMIT");
    } catch (error) {
      rollBack(this.#database);
      throw error;
    }
  }

  *#read(): Generator<undefined, boolean> {
    const after = this.#changed;
    const [changed] = firstRow(this.#rows(sql.READ_CHANGED));
    if (Number(changed) === after) return false;
    const columns = this.#columns;
    for (const row of this.#rows(sql.READ_PLACES, { after })) columns.putPlace(row);
    const models = { count: columns.models.length };
    for (const row of this.#rows(sql.READ_MODELS, models)) columns.putModel(row);
    const agents = { count: columns.agents.length };
    for (const row of this.#rows(sql.READ_AGENTS, agents)) columns.putAgent(row);
    let untilMs = performance.now() + STEP_MS;
    const sessions = this.#rows(sql.READ_SESSIONS, { after });
    const answers =
      after === 0 ? this.#rows(sql.READ_ALL_ANSWERS) : this.#rows(sql.READ_ANSWERS, { after });
    for (const [rows, put] of [
      [sessions, columns.putSession.bind(columns)],
      [answers, columns.putAnswer.bind(columns)],
    ] as const) {
      for (const row of rows) {
        put(row);
        if (performance.now() < untilMs) continue;
        yield;
        untilMs = performance.now() + STEP_MS;
      }
    }
    const prices = [...this.#rows(sql.READ_PRICES, { after })];
    if (prices.length > 0) this.#prices = withPrices(this.#prices, prices);
    this.#changed = Number(changed);
    return true;
  }

  #apply(
    { places = [], sessions = [], rows = [], gone, models = [] }: LedgerChanges,
    placeID: string,
    write: Write,
  ): void {
    const { changed } = write;
    for (const place of places) this.#run(sql.PUT_PLACE, { ...place, changed });
    const placeIDs = new Set(sessions.map((session) => session.placeID));
    if (rows.length > 0) placeIDs.add(placeID);
    for (const id of placeIDs) this.#run(sql.ADD_PLACE, { id, changed });
    for (const { id, isGone, createdMs, ...session } of sessions) {
      this.#run(sql.PUT_SESSION, {
        ...write,
        ...nulled(session),
        sessionID: id,
        createdMs: timeOf(createdMs),
        isGone: isGone ? 1 : 0,
      });
    }
    const placeOf = new Map(sessions.map((session) => [session.id, session.placeID]));
    for (const row of rows) this.#putAnswer(row, placeOf.get(row.sessionID) ?? placeID, write);
    if (gone !== undefined) this.#markGone(gone, placeID, changed);
    for (const { providerID, modelID, price } of models) {
      if (price === undefined) continue;
      this.#run(sql.ADD_MODEL, { providerID, modelID });
      this.#run(sql.PUT_PRICE, { providerID, modelID, ...price, changed });
    }
  }

  #putAnswer(row: LedgerRow, placeID: string, write: Write): void {
    const { sessionID, messageID, providerID, modelID, agent, tokens } = row;
    const { costUSD, recordedAtS, observedAtS } = row;
    this.#run(sql.ADD_SESSION, { placeID, sessionID, changed: write.changed });
    this.#run(sql.ADD_MODEL, { providerID, modelID });
    this.#run(sql.ADD_AGENT, { agent });
    this.#run(sql.PUT_ANSWER, {
      ...write,
      placeID,
      sessionID,
      messageID,
      createdMs: timeOf(row.createdMs),
      providerID,
      modelID,
      agent,
      input: tokens.input,
      output: tokens.output,
      reasoning: tokens.reasoning,
      cacheRead: tokens.cache.read,
      cacheWrite: tokens.cache.write,
      costUSD,
      flags: flagsOf(row),
      recordedAtS,
      observedAtS,
    });
  }

  #markGone(
    { observedAtS, sessionIDs = [], messages = [], others }: GoneChanges,
    placeID: string,
    changed: number,
  ): void {
    const told = { placeID, observedAtS, changed };
    for (const sessionID of sessionIDs) {
      this.#run(sql.GONE_SESSION_ANSWERS, { ...told, sessionID });
      this.#run(sql.GONE_SESSION, { ...told, sessionID });
    }
    for (const message of messages) this.#run(sql.GONE_ANSWER, { ...told, ...message });
    if (others !== undefined) {
      const kept = JSON.stringify(others.kept);
      this.#run(sql.GONE_OTHER_ANSWERS, { ...told, ...others, kept });
    }
  }

  #rows(text: string, parameters?: SqlParameters): Iterable<readonly SqlValue[]> {
    return this.#statement(text).rows(parameters);
  }

  #run(text: string, parameters: SqlParameters): void {
    this.#statement(text).run(parameters);
  }

  #statement(text: string): Statement {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      statement = this.#database.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }
}

/** The columns are strict: whole milliseconds, and 0 for an impossible time. */
function timeOf(ms: number): number {
  return ms > 0 && ms <= MAX_MS ? Math.round(ms) : 0;
}

function nulled(
  record: Readonly<Record<string, string | number | undefined>>,
): Record<string, string | number | null> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, value ?? null]));
}

function withPrices(
  known: ReadonlyMap<string, ModelPrice>,
  rows: readonly (readonly SqlValue[])[],
): ReadonlyMap<string, ModelPrice> {
  const prices = new Map(known);
  for (const [providerID, modelID, input, output, cacheRead, cacheWrite] of rows) {
    prices.set(modelKey({ providerID: String(providerID), modelID: String(modelID) }), {
      input: Number(input),
      output: Number(output),
      cacheRead: Number(cacheRead),
      cacheWrite: Number(cacheWrite),
    });
  }
  return prices;
}
