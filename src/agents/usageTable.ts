import { homedir } from "node:os";
import { isLoopbackURL } from "../core/state/endpoint.ts";
import { ServerError } from "../core/errors.ts";
import type { LedgerPlace, LedgerTable } from "../core/ledger/table.ts";
import { failed, ok, type Result } from "../core/result.ts";
import type { Session } from "../core/state/session.ts";
import { databasePath } from "../history/databasePath.ts";
import type { FillOutcome } from "../history/fill.ts";
import { LedgerDatabase } from "../history/ledgerDatabase.ts";
import { secondsOf } from "../history/ledgerRow.ts";
import { fillFromServer, type FillTarget, type HistoryReader } from "../history/serverFill.ts";
import { findSqlite } from "../history/sqlite.ts";
import { findDatabase } from "../server/databaseFile.ts";
import type { Environment } from "./findServers.ts";
import type { ServerReading } from "./serverReading.ts";

/** All answers of models that were found, and where they were read. */
export interface UsageTable {
  readonly table: LedgerTable;
  readonly place: LedgerPlace;
}

/**
 * Reads the history of a server: from its database if that is on this machine and this Node has SQLite, which
 * is fast; otherwise from the server itself, only for sessions that changed since `fromMs` or are in
 * `always`, which may take a while.
 */
export async function readUsageTable(
  reading: ServerReading,
  fromMs: number | undefined,
  always: ReadonlySet<string>,
): Promise<Result<UsageTable>> {
  const wanted = reading.sessions.filter(
    ({ id, updatedMs }) => fromMs === undefined || updatedMs >= fromMs || always.has(id),
  );
  return readTable(reading, wanted);
}

/**
 * The same for the sessions in `whole`; for others that changed since `sinceMs`, only what they did since, as
 * far as that can be read; for the rest, whatever is available.
 */
export async function readSessionsTable(
  reading: ServerReading,
  whole: ReadonlySet<string>,
  sinceMs = Infinity,
): Promise<Result<UsageTable>> {
  const wanted = reading.sessions.filter(
    ({ id, updatedMs }) => whole.has(id) || updatedMs >= sinceMs,
  );
  return readTable(reading, wanted, {
    only: new Set(wanted.map(({ id }) => id)),
    listMessages: async (sessionID, page, signal) => {
      const answer = await reading.listMessages(sessionID, page, signal);
      if (whole.has(sessionID)) return answer;
      const messages = answer.ok ? answer.value.messages : [];
      const isEnough = !answer.ok || messages.some(({ createdMs }) => createdMs < sinceMs);
      return isEnough ? ok({ messages, olderCursor: undefined }) : answer;
    },
  });
}

async function readTable(
  reading: ServerReading,
  wanted: readonly Session[],
  narrow?: Pick<HistoryReader, "listMessages"> & { readonly only: ReadonlySet<string> },
): Promise<Result<UsageTable>> {
  const { endpoint, sessions } = reading;
  if (isLoopbackURL(endpoint.url) && findSqlite() !== undefined && sessions.length > 0) {
    const none = (): Promise<Result<never>> =>
      Promise.resolve(
        failed(new ServerError("unsupported", "the server does not report its folders")),
      );
    const database = await findDatabase(endpoint.pid, reading.folders ?? none);
    if (database !== undefined) {
      const sessionIDs = sessions.map(({ id }) => id);
      const filled = readDatabase(database, sessionIDs, narrow?.only);
      if (filled.ok) return filled;
      // Another server's, or of an unknown form: the server itself reports everything too.
    }
  }
  const ledger = memoryLedger();
  const place = { id: `server:${endpoint.serverID}`, name: endpoint.name };
  const outcome = await fillFromServer({
    ledger,
    place,
    reader: {
      listSessions: () => Promise.resolve(ok(wanted)),
      listMessages:
        narrow?.listMessages ??
        ((sessionID, page, signal) => reading.listMessages(sessionID, page, signal)),
    },
    keepsReverted: false,
    now: Date.now,
  });
  return outcome.kind === "unavailable"
    ? failed(errorOf(outcome))
    : ok({ table: ledger.table, place });
}

/** A ledger for one question: starts empty, and is discarded with its answer. @throws if there is no SQLite. */
function memoryLedger(): FillTarget {
  const ledger = LedgerDatabase.open(":memory:", 0);
  return {
    get table() {
      return ledger.table;
    },
    get position() {
      return ledger.position;
    },
    record(changes, placeID) {
      ledger.write([{ changes, placeID }], secondsOf(Date.now()));
      ledger.refresh();
      return Promise.resolve();
    },
  };
}

/** Reads the history of this machine's OpenCode from its database only, for when no server is running. */
export function readLocalUsageTable(environment: Environment): Result<UsageTable> {
  const database = databasePath(environment, homedir());
  if (database === undefined) {
    return failed(new ServerError("notFound", "there is no database of OpenCode on this machine"));
  }
  if (findSqlite() === undefined) {
    const message = `Node ${process.versions.node} has no SQLite to read OpenCode's database with: use Node 22.16 or newer`;
    return failed(new ServerError("unsupported", message));
  }
  return readDatabase(database, [], undefined);
}

/** Ledgers in memory, by source database: each question only reads what is new since the last. */
const ledgers = new Map<string, LedgerDatabase>();

/**
 * Reads OpenCode's database: all of it, or the sessions in `only`, in addition to what was read before.
 * `sessionIDs`: those that the server lists, to recognise its database by.
 */
function readDatabase(
  database: string,
  sessionIDs: readonly string[],
  only: ReadonlySet<string> | undefined,
): Result<UsageTable> {
  const place = { id: `sqlite:${database}`, name: "This machine" };
  try {
    const ledger = ledgers.get(database) ?? LedgerDatabase.open(":memory:", 0);
    ledgers.set(database, ledger);
    const control = { isCancelled: () => false, onProgress: () => undefined };
    const outcome = ledger.fill({ database, place, sessionIDs, only, nowMs: Date.now(), control });
    return outcome.kind === "unavailable"
      ? failed(errorOf(outcome))
      : ok({ table: ledger.table, place });
  } catch (error) {
    const message = error instanceof Error ? error.message : "unknown reason";
    return failed(new ServerError("rejected", `the database could not be read: ${message}`));
  }
}

function errorOf({ reason, message }: Extract<FillOutcome, { kind: "unavailable" }>): ServerError {
  return new ServerError(reason === "notFound" ? "notFound" : "rejected", message);
}
