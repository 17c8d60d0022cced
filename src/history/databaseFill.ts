import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { LedgerPlace } from "../core/ledger/table.ts";
import type { FillControl, FillFailure, FillOutcome } from "./fill.ts";
import * as sql from "./fillQueries.ts";
import { BEGIN_WRITE, MOVE_SESSIONS, PUT_PLACE } from "./ledgerQueries.ts";
import { secondsOf } from "./ledgerRow.ts";
import { sourceTables } from "./sourceTables.ts";
import { type Database, isBusy, messageOf, rollBack, type SqlParameters } from "./sqlite.ts";

export interface DatabaseFillOptions {
  readonly database: string;
  readonly place: LedgerPlace;
  /** The place its server had while its database was unknown. */
  readonly formerPlaceID?: string;
  /** Sessions that its server lists: a database without any of them is another server's. Not checked if empty. */
  readonly sessionIDs?: readonly string[];
  /** Only these sessions are read; the ledger keeps the others as they are. All if undefined. */
  readonly only?: ReadonlySet<string> | undefined;
  /** Our clock. */
  readonly nowMs: number;
  readonly control: FillControl;
}

/** Sessions read between two checks for cancellation. */
const SESSIONS_AT_ONCE = 500;
/** How long to wait while OpenCode has its database locked. */
const SOURCE_WAIT_MS = 4_000;

/**
 * Brings an open ledger up to date with an OpenCode database on this machine, which is only read. Sessions
 * that haven't changed since the last fill aren't read again. Writes everything or nothing. Runs to its end
 * without yielding. @throws SQLite's errors about the ledger, including that it is in use by others.
 */
export function fillFromDatabase(ledger: Database, options: DatabaseFillOptions): FillOutcome {
  const { database } = options;
  if (!existsSync(database)) return unavailable("notFound", `There is no database at ${database}.`);
  try {
    const tables = attach(ledger, database);
    return tables.length === 0
      ? unavailable("unknownSchema", "This version of the database is not supported.")
      : fillAtOnce(ledger, tables, options);
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return isBusy(error.cause)
      ? unavailable("locked", `The database is in use by another program (${error.message}).`)
      : unavailable("unreadable", `The database cannot be read (${error.message}).`);
  } finally {
    detach(ledger);
  }
}

/** What SQLite reports about OpenCode's database, as opposed to the ledger. */
class SourceError extends Error {}

function attach(ledger: Database, database: string): readonly sql.SourceTables[] {
  const address = new URL(pathToFileURL(database));
  address.searchParams.set("mode", "ro");
  ledger.exec(`PRAGMA busy_timeout = ${SOURCE_WAIT_MS}`);
  return fromSource(() => {
    ledger.prepare("ATTACH :source AS source").run({ source: address.href });
    return sourceTables(ledger, "source");
  });
}

function detach(ledger: Database): void {
  ledger.exec(sql.DROP_TEMPORARY_TABLES);
  const attached = [...ledger.prepare("PRAGMA database_list").rows()];
  if (attached.some(([, name]) => name === "source")) ledger.exec("DETACH source");
}

function fillAtOnce(
  ledger: Database,
  tables: readonly sql.SourceTables[],
  options: DatabaseFillOptions,
): FillOutcome {
  ledger.exec("PRAGMA busy_timeout = 0");
  // Locks the ledger before reading the database, which must be at least as new as what the ledger knows of it.
  ledger.exec("BEGIN IMMEDIATE");
  try {
    const outcome = fill(ledger, tables, options);
    if (outcome.kind === "filled") ledger.exec("COMMIT");
    else rollBack(ledger);
    return outcome;
  } catch (error) {
    rollBack(ledger);
    throw error;
  }
}

function fill(
  ledger: Database,
  tables: readonly sql.SourceTables[],
  { place, formerPlaceID = "", sessionIDs = [], only, nowMs, control }: DatabaseFillOptions,
): FillOutcome {
  const run = (text: string, parameters?: SqlParameters): number =>
    ledger.prepare(text).run(parameters);
  const count = (text: string, parameters?: SqlParameters): number => {
    const [[first] = []] = [...ledger.prepare(text).rows(parameters)];
    return Number(first);
  };
  const read = (text: string, parameters?: SqlParameters): number =>
    fromSource(() => run(text, parameters));

  ledger.exec(sql.TEMPORARY_TABLES);
  for (const one of tables) read(sql.storeSessions(one));
  const listed = { sessionIDs: JSON.stringify(sessionIDs) };
  if (sessionIDs.length > 0 && count(sql.COUNT_LISTED, listed) === 0) {
    return unavailable("otherDatabase", "The database contains none of the server's sessions.");
  }
  const changed = count(BEGIN_WRITE);
  const at = { placeID: place.id, changed };
  const write = { ...at, nowS: secondsOf(nowMs) };
  run(PUT_PLACE, { ...place, changed });
  const moved = run(MOVE_SESSIONS, { ...at, formerPlaceID });
  const wanted = only === undefined ? null : JSON.stringify([...only]);
  const sessions = run(sql.FIND_CHANGED, { placeID: place.id, only: wanted });
  const told = run(sql.PUT_STORED_SESSIONS, write);
  const gone = run(sql.MARK_GONE_SESSIONS, write);
  if (moved + told + gone === 0) return { kind: "unchanged" };

  let rows = 0;
  for (let from = 1; from <= sessions; from += SESSIONS_AT_ONCE) {
    const until = Math.min(from + SESSIONS_AT_ONCE, sessions + 1);
    for (const one of tables) rows += read(sql.readAnswers(one), { from, until });
    control.onProgress({ sessions: until - 1, allSessions: sessions, rows });
    if (control.isCancelled()) return { kind: "cancelled" };
  }
  run(sql.CLEAN_TOLD);
  run(sql.ADD_TOLD_MODELS);
  run(sql.ADD_TOLD_AGENTS);
  run(sql.PUT_TOLD_ANSWERS, write);
  let goneRows = 0;
  if (gone + count(sql.COUNT_KNOWN) > 0) {
    ledger.exec(sql.INDEX_TOLD);
    goneRows = run(sql.MARK_GONE_ANSWERS, { ...at, observedAtS: write.nowS });
  }
  if (tables.some(({ generation }) => generation === 1)) {
    read(sql.READ_COMMANDS);
    run(sql.PUT_COMMANDS, at);
  }
  run(sql.PUT_RESTS, write);
  if (control.isCancelled()) return { kind: "cancelled" };
  return { kind: "filled", sessions, rows, goneRows };
}

function fromSource<T>(task: () => T): T {
  try {
    return task();
  } catch (error) {
    throw new SourceError(messageOf(error), { cause: error });
  }
}

function unavailable(reason: FillFailure, message: string): FillOutcome {
  // SQLite names a table or the disk, never what is in a row.
  return { kind: "unavailable", reason, message, logged: message };
}
