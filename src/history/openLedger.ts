import { inodeOf, makeLedgerFile, withLedgerLocked } from "./ledgerFile.ts";
import { MIGRATIONS } from "./ledgerSchema.ts";
import {
  DamagedLedger,
  type Database,
  findSqlite,
  firstRow,
  NO_SQLITE,
  type OpenDatabase,
  rollBack,
} from "./sqlite.ts";

/** Opens a ledger's file, creating it if needed, with the tables of this version. @throws as `LedgerDatabase.open` */
export function openLedgerFile(file: string, waitMs: number): Database {
  const openDatabase = findSqlite();
  if (openDatabase === undefined) throw new Error(NO_SQLITE);
  const isPrivate = file === ":memory:";
  const opened = isPrivate ? openWithLog(file, openDatabase) : openLocked(file, openDatabase);
  const close = (): void => {
    if (isPrivate) opened.close();
    else closeLocked(file, opened);
  };
  try {
    migrate(opened);
    opened.exec(`PRAGMA busy_timeout = ${waitMs}`);
    return { ...opened, close };
  } catch (error) {
    close();
    throw error;
  }
}

function openLocked(file: string, openDatabase: OpenDatabase): Database {
  return withLedgerLocked(file, () => {
    makeLedgerFile(file);
    return openWithLog(file, openDatabase);
  });
}

/** Closes it in any case, without the lock if that can't be had. */
function closeLocked(file: string, database: Database): void {
  const closing = { hasBegun: false };
  try {
    // Whoever removed the file doesn't want its folder back.
    if (inodeOf(file) === 0) return;
    withLedgerLocked(file, () => {
      closing.hasBegun = true;
      database.close();
    });
  } catch (error) {
    if (closing.hasBegun) throw error;
  } finally {
    if (!closing.hasBegun) database.close();
  }
}

/** Opens a file together with its log, which SQLite only opens with the first read. */
function openWithLog(file: string, openDatabase: OpenDatabase): Database {
  const database = openDatabase(file, "readWrite");
  try {
    // Creating the tables, which happens once, may wait longer.
    database.exec(
      "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY",
    );
    versionOf(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function migrate(database: Database): void {
  if (versionOf(database) !== MIGRATIONS.length) {
    database.exec("BEGIN IMMEDIATE");
    try {
      // Another window may have done it meanwhile.
      const version = versionOf(database);
      if (version > MIGRATIONS.length) {
        throw new Error("The usage ledger was written by a newer version of this extension.");
      }
      for (const step of MIGRATIONS.slice(version)) database.exec(step);
      database.exec(`PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`);
    } catch (error) {
      rollBack(database);
      throw error;
    }
  }
  if (tablesIn(database) !== expectedTables()) {
    throw new DamagedLedger("the tables differ from those that were created");
  }
}

function versionOf(database: Database): number {
  const [version] = firstRow(database.prepare("PRAGMA user_version").rows());
  return Number(version);
}

let expected: string | undefined;

/** How the tables are described in an undamaged ledger. */
function expectedTables(): string {
  if (expected === undefined) {
    const database = findSqlite()?.(":memory:", "readWrite");
    if (database === undefined) throw new Error(NO_SQLITE);
    for (const step of MIGRATIONS) database.exec(step);
    expected = tablesIn(database);
    database.close();
  }
  return expected;
}

function tablesIn(database: Database): string {
  const rows = database.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").rows();
  return JSON.stringify([...rows]);
}
