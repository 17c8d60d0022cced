import { homedir } from "node:os";
import { isLoopbackURL } from "../core/endpoint.ts";
import { ServerError } from "../core/errors.ts";
import type { LedgerPlace, LedgerTable } from "../core/ledger/table.ts";
import { failed, ok, type Result } from "../core/result.ts";
import { databasePath } from "../history/databasePath.ts";
import type { FillOutcome } from "../history/fill.ts";
import { fillFromServer } from "../history/serverFill.ts";
import { findSqlite } from "../history/sqlite.ts";
import { findDatabase } from "../server/databaseFile.ts";
import { readDatabaseLedger } from "./databaseLedger.ts";
import type { Environment } from "./findServers.ts";
import { MemoryLedger } from "./memoryLedger.ts";
import type { ServerReading } from "./serverReading.ts";

/** All answers of models there are, and where they were read. */
export interface UsageTable {
  readonly table: LedgerTable;
  readonly place: LedgerPlace;
}

/**
 * Reads the history of a server: from its database where that is on this machine and this Node has SQLite, which
 * is quick; else from the server itself, as far as sessions changed since `fromMs`, which may take a while.
 */
export async function readUsageTable(
  reading: ServerReading,
  fromMs: number | undefined,
  always: ReadonlySet<string>,
): Promise<Result<UsageTable>> {
  const { endpoint, sessions } = reading;
  if (isLoopbackURL(endpoint.url) && findSqlite() !== undefined && sessions.length > 0) {
    const none = (): Promise<Result<never>> =>
      Promise.resolve(
        failed(new ServerError("unsupported", "the server does not tell its folders")),
      );
    const database = await findDatabase(endpoint.pid, reading.folders ?? none);
    if (database !== undefined) {
      const sessionIDs = sessions.map(({ id }) => id);
      const filled = await readDatabase(database, sessionIDs);
      if (filled.ok) return filled;
      // Another server's, or in a form not known here: the server itself tells it all as well.
    }
  }
  const ledger = new MemoryLedger();
  const place = { id: `server:${endpoint.serverID}`, name: endpoint.name };
  const wanted =
    fromMs === undefined
      ? sessions
      : sessions.filter(({ id, updatedMs }) => updatedMs >= fromMs || always.has(id));
  const outcome = await fillFromServer({
    ledger,
    place,
    reader: {
      listSessions: () => Promise.resolve(ok(wanted)),
      listMessages: (sessionID, page, signal) =>
        reading.gateway.listMessages(sessionID, page, signal),
    },
    keepsReverted: false,
    now: Date.now,
  });
  return outcome.kind === "unavailable"
    ? failed(errorOf(outcome))
    : ok({ table: ledger.table, place });
}

/** Reads the history of this machine's OpenCode from its database alone, for when no server runs. */
export async function readLocalUsageTable(environment: Environment): Promise<Result<UsageTable>> {
  const database = databasePath(environment, homedir());
  if (database === undefined) {
    return failed(new ServerError("notFound", "there is no database of OpenCode on this machine"));
  }
  if (findSqlite() === undefined) {
    const message = `Node ${process.versions.node} has no SQLite to read OpenCode's database with: use Node 22.13 or newer`;
    return failed(new ServerError("unsupported", message));
  }
  return readDatabase(database, []);
}

async function readDatabase(
  database: string,
  sessionIDs: readonly string[],
): Promise<Result<UsageTable>> {
  const place = { id: `sqlite:${database}`, name: "This machine" };
  try {
    const read = await readDatabaseLedger(database, place, sessionIDs);
    return "kind" in read ? failed(errorOf(read)) : ok({ table: read, place });
  } catch (error) {
    const message = error instanceof Error ? error.message : "unknown reason";
    return failed(new ServerError("rejected", `the database could not be read: ${message}`));
  }
}

function errorOf({ reason, message }: Extract<FillOutcome, { kind: "unavailable" }>): ServerError {
  return new ServerError(reason === "notFound" ? "notFound" : "rejected", message);
}
