/*
 * SQLite as provided by Node (`node:sqlite`; everything used here exists since 22.16) or by Bun (`bun:sqlite`), which
 * runs our program for OpenCode. Loaded on demand: this module must load in a runtime without it too.
 */

/** A column value. */
export type SqlValue = string | number | bigint | null | Uint8Array;
/** Named parameters of a statement, without their colon. */
export type SqlParameters = Readonly<Record<string, string | number | null>>;

export interface Statement {
  /** All rows, each an array of its columns, read one at a time. */
  readonly rows: (parameters?: SqlParameters) => Iterable<readonly SqlValue[]>;
  /** Runs it and returns the number of rows that it inserted or changed. */
  readonly run: (parameters?: SqlParameters) => number;
}

/** An open database. All calls are synchronous; they throw SQLite's own errors. */
export interface Database {
  readonly prepare: (sql: string) => Statement;
  readonly exec: (sql: string) => void;
  readonly close: () => void;
}

/** The first of a statement's rows. Reads all of them: a statement that is abandoned before its end keeps its lock. */
export function firstRow(rows: Iterable<readonly SqlValue[]>): readonly SqlValue[] {
  const [first = []] = [...rows];
  return first;
}

/** Opens databases; returned by `findSqlite`. */
export type OpenDatabase = (path: string, mode: "readOnly" | "readWrite") => Database;

interface RawStatement {
  run(parameters: SqlParameters): { readonly changes: number | bigint };
}
interface NodeStatement extends RawStatement {
  iterate(parameters: SqlParameters): Iterable<readonly SqlValue[]>;
  setReturnArrays(isEnabled: boolean): void;
}
interface BunStatement extends RawStatement {
  values(parameters: SqlParameters): readonly (readonly SqlValue[])[];
}
interface RawDatabase<S extends RawStatement = NodeStatement> {
  prepare(sql: string): S;
  exec(sql: string): void;
  close(): void;
}
interface BunModule {
  readonly Database: new (
    path: string,
    options: { readonly readonly: boolean; readonly create: boolean; readonly strict: true },
  ) => RawDatabase<BunStatement>;
}
interface RawModule {
  readonly DatabaseSync: new (path: string, options: { readOnly: boolean }) => RawDatabase;
  readonly backup: (
    source: RawDatabase,
    path: string,
    options: { rate: number },
  ) => Promise<number>;
}

/** The message shown if there is no SQLite. */
export const NO_SQLITE = "SQLite is missing: it requires VS Code 1.105 or Node 22.16, or newer.";

/** The SQLite of this runtime; undefined if it has none, or one that is too old. */
export function findSqlite(): OpenDatabase | undefined {
  const node = sqliteModule();
  if (node !== undefined) {
    return (path, mode) => {
      const database = new node.DatabaseSync(path, { readOnly: mode === "readOnly" });
      return openDatabase(database, (statement) => {
        statement.setReturnArrays(true);
        return (parameters) => statement.iterate(parameters);
      });
    };
  }
  const bun: unknown = process.getBuiltinModule("bun:sqlite");
  if (!isBunSqlite(bun)) return undefined;
  return (path, mode) => {
    const readonly = mode === "readOnly";
    const database = new bun.Database(path, { readonly, create: !readonly, strict: true });
    return openDatabase(database, (statement) => (parameters) => statement.values(parameters));
  };
}

function openDatabase<S extends RawStatement>(
  database: RawDatabase<S>,
  rowsOf: (statement: S) => (parameters: SqlParameters) => Iterable<readonly SqlValue[]>,
): Database {
  return {
    exec: (sql) => {
      database.exec(sql);
    },
    close: () => {
      database.close();
    },
    prepare: (sql) => {
      const statement = database.prepare(sql);
      const read = rowsOf(statement);
      return {
        rows: (parameters = {}) => read(parameters),
        run: (parameters = {}) => Number(statement.run(parameters).changes),
      };
    },
  };
}

/** All pages in one step: the copy is consistent, and writers of a write-ahead log don't wait for it. */
const ALL_PAGES = 0x7fff_ffff;

/**
 * Makes a consistent copy of a database that others may be writing to. @throws SQLite's own errors, or an
 * Error if there is no SQLite.
 */
export async function backUpDatabase(file: string, target: string): Promise<void> {
  const module = sqliteModule();
  if (module === undefined) throw new Error(NO_SQLITE);
  const database = new module.DatabaseSync(file, { readOnly: true });
  try {
    await module.backup(database, target, { rate: ALL_PAGES });
  } finally {
    database.close();
  }
}

function sqliteModule(): RawModule | undefined {
  const module: unknown = process.getBuiltinModule("node:sqlite");
  return isSqlite(module) ? module : undefined;
}

function isSqlite(module: unknown): module is RawModule {
  return (
    typeof module === "object" &&
    module !== null &&
    "DatabaseSync" in module &&
    typeof module.DatabaseSync === "function" &&
    "backup" in module &&
    typeof module.backup === "function"
  );
}

function isBunSqlite(module: unknown): module is BunModule {
  return (
    typeof module === "object" &&
    module !== null &&
    "Database" in module &&
    typeof module.Database === "function"
  );
}

/** SQLite's primary codes for errors that are handled individually. */
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_CORRUPT = 11;
/** A value that the table doesn't allow. */
export const SQLITE_CONSTRAINT = 19;
const SQLITE_NOT_A_DATABASE = 26;

/** SQLite's own primary code of an error; undefined for other errors. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  // Node's property, or Bun's.
  const code =
    "errcode" in error
      ? error.errcode
      : error.name === "SQLiteError" && "errno" in error
        ? error.errno
        : undefined;
  // The low byte is the primary code.
  return typeof code === "number" ? code & 0xff : undefined;
}

/** Whether others have locked the database, so that a retry may succeed. */
export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === SQLITE_BUSY || code === SQLITE_LOCKED;
}

/** A ledger's file doesn't contain what was written to it. */
export class DamagedLedger extends Error {}

/** Whether an error means that the file itself is damaged, rather than unreachable for now. */
export function isDamage(error: unknown): boolean {
  const code = sqliteCode(error);
  return (
    error instanceof DamagedLedger || code === SQLITE_CORRUPT || code === SQLITE_NOT_A_DATABASE
  );
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown";
}

/** Ends a failed transaction, unless SQLite has already ended it. */
export function rollBack(database: Database): void {
  try {
    database.exec("ROLLBACK");
  } catch {
    // SQLite has already ended it.
  }
}
