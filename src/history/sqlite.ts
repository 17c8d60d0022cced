/*
 * SQLite as some Node runtimes bring it (`node:sqlite`, from 22.5 on). Only what the ledger needs of it, asked
 * for when needed: the module must not be imported, where it is missing that would end the program.
 */

/** A value of a column. */
export type SqlValue = string | number | bigint | null | Uint8Array;

export interface Statement {
  /** All rows, each an array of its columns. */
  readonly rows: (...parameters: readonly (string | number)[]) => Iterable<readonly SqlValue[]>;
}

/** A database opened for reading. */
export interface Database {
  readonly prepare: (sql: string) => Statement;
  readonly exec: (sql: string) => void;
  readonly close: () => void;
}

/** Opens databases; made by `findSqlite`. */
export type OpenDatabase = (path: string) => Database;

interface RawStatement {
  all(...parameters: unknown[]): Iterable<unknown>;
  iterate?(...parameters: unknown[]): Iterable<unknown>;
  setReturnArrays?(isEnabled: boolean): void;
}
interface RawDatabase {
  prepare(sql: string): RawStatement;
  exec(sql: string): void;
  close(): void;
}
interface RawModule {
  readonly DatabaseSync: new (path: string, options: { readOnly: boolean }) => RawDatabase;
  /** From 22.16 and 23.8 on. */
  readonly backup?: (
    source: RawDatabase,
    path: string,
    options: { rate: number },
  ) => Promise<number>;
}

/** SQLite of this runtime; undefined where it has none. */
export function findSqlite(): OpenDatabase | undefined {
  if (typeof process.getBuiltinModule !== "function") return undefined;
  const module: unknown = process.getBuiltinModule("node:sqlite");
  if (!isSqlite(module)) return undefined;
  return (path) => {
    const database = new module.DatabaseSync(path, { readOnly: true });
    return {
      exec: (sql) => {
        database.exec(sql);
      },
      close: () => {
        database.close();
      },
      prepare: (sql) => {
        const statement = database.prepare(sql);
        const givesArrays = typeof statement.setReturnArrays === "function";
        statement.setReturnArrays?.(true);
        return {
          rows: (...parameters) => {
            const rows = statement.iterate?.(...parameters) ?? statement.all(...parameters);
            return (givesArrays ? rows : valuesOf(rows)) as Iterable<readonly SqlValue[]>;
          },
        };
      },
    };
  };
}

/** All pages in one step: the copy is of one moment, and writers of a write-ahead log do not wait for it. */
const ALL_PAGES = 0x7fff_ffff;

/**
 * Makes a consistent copy of a database that others may be writing to: by SQLite's backup, else, in runtimes
 * that do not offer it, by having SQLite write all of it anew. @throws SQLite's own errors, and when there is none.
 */
export async function backUpDatabase(file: string, target: string): Promise<void> {
  const module: unknown = process.getBuiltinModule("node:sqlite");
  if (!isSqlite(module)) throw new Error("there is no SQLite here");
  const database = new module.DatabaseSync(file, { readOnly: true });
  try {
    if (typeof module.backup === "function") {
      await module.backup(database, target, { rate: ALL_PAGES });
    } else {
      database.exec(`VACUUM INTO '${target.replaceAll("'", "''")}'`);
    }
  } finally {
    database.close();
  }
}

function isSqlite(module: unknown): module is RawModule {
  return (
    typeof module === "object" &&
    module !== null &&
    "DatabaseSync" in module &&
    typeof module.DatabaseSync === "function"
  );
}

/** Runtimes before 24 give each row as an object, its columns in their order. */
function* valuesOf(rows: Iterable<unknown>): Iterable<readonly unknown[]> {
  for (const row of rows) yield typeof row === "object" && row !== null ? Object.values(row) : [];
}

/** SQLite's own code of an error, e.g. 5 for a database that is locked; undefined for other errors. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error)) return undefined;
  const { errcode } = error;
  // The low byte is the primary code.
  return typeof errcode === "number" ? errcode & 0xff : undefined;
}
