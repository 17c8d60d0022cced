import { existsSync } from "node:fs";
import { type LedgerPlace, type LedgerSession, ROW_GONE } from "../core/ledger/table.ts";
import { compactLedger, isCompactionDue } from "./compactLedger.ts";
import type { FillControl, FillFailure, FillOutcome } from "./fill.ts";
import { type FolderLock, withFolderLock } from "./folderLock.ts";
import { emptyDraft, LedgerColumns } from "./ledgerColumns.ts";
import { type LoadedLedger, loadLedger, segmentName, writeLedgerFile } from "./ledgerFolder.ts";
import { secondsOf } from "./ledgerRow.ts";
import { READ_AGAIN } from "./mergeSessions.ts";
import { OpenCodeDatabase, type StoredSession } from "./openCodeDatabase.ts";
import { readAnswers } from "./readAnswers.ts";
import { type Database, findSqlite, sqliteCode } from "./sqlite.ts";

export interface DatabaseFillOptions {
  /** The ledger's folder. */
  readonly folder: string;
  /** OpenCode's database. */
  readonly database: string;
  readonly place: LedgerPlace;
  /** Sessions that its server lists: a database without any of them is another server's. Not checked when empty. */
  readonly sessionIDs?: readonly string[];
  /** Our clock. */
  readonly nowMs: number;
  readonly control: FillControl;
}

/** A fill that read more than this share of the ledger writes the base anew instead of a piece beside it. */
const LARGE_SHARE = 0.2;

/**
 * Brings the ledger up to date with an OpenCode database of this machine, which is only read. Sessions that
 * have not changed since the last fill are not read again. Runs to its end without giving way: for a worker.
 */
export async function fillFromDatabase(options: DatabaseFillOptions): Promise<FillOutcome> {
  const openDatabase = findSqlite();
  if (openDatabase === undefined) {
    return unavailable("noSqlite", "This version of VS Code has no SQLite of its own.");
  }
  if (!existsSync(options.database)) {
    return unavailable("notFound", `There is no database at ${options.database}.`);
  }
  const outcome = await withFolderLock(options.folder, 0, async (lock) => {
    // First the ledger, then the database: what the ledger knows of it the database must know as well.
    const loaded = await loadLedger(options.folder);
    let database: Database | undefined;
    try {
      database = openDatabase(options.database);
      const source = OpenCodeDatabase.over(database);
      if (source === undefined) {
        return unavailable("unknownSchema", "The database is of a version that is not known here.");
      }
      return await fill(options, lock, loaded, source);
    } catch (error) {
      const code = sqliteCode(error);
      if (code === undefined) throw error;
      const message = error instanceof Error ? error.message : "";
      // SQLITE_BUSY and SQLITE_LOCKED.
      return code === 5 || code === 6
        ? unavailable("locked", `The database is in use by another program (${message}).`)
        : unavailable("unreadable", `The database cannot be read (${message}).`);
    } finally {
      database?.close();
    }
  });
  return outcome ?? { kind: "busy" };
}

function unavailable(reason: FillFailure, message: string): FillOutcome {
  return { kind: "unavailable", reason, message };
}

async function fill(
  { folder, place, sessionIDs = [], nowMs, control }: DatabaseFillOptions,
  lock: FolderLock,
  loaded: LoadedLedger,
  source: OpenCodeDatabase,
): Promise<FillOutcome> {
  const known = loaded.columns;
  const stored = source.sessions();
  if (sessionIDs.length > 0 && !sessionIDs.some((id) => stored.has(id))) {
    return unavailable("otherDatabase", "The database holds none of the server's sessions.");
  }
  const seenS = secondsOf(nowMs);
  const isDamaged = loaded.damaged.length > 0;
  const changed = new Map<string, StoredSession>();
  const fresh = new LedgerColumns(known.length === 0 ? stored.size * 16 : 256);
  fresh.putPlace(place);
  for (const session of stored.values()) {
    const before = sessionIn(known, session.id);
    const hasChanged =
      isDamaged ||
      before?.isGone !== false ||
      before.stamp !== session.stamp ||
      before.placeID !== place.id;
    if (hasChanged) changed.set(session.id, session);
    // A new title is told without any other change.
    if (hasChanged || before.title !== session.title || before.directory !== session.directory) {
      fresh.putSession(ledgerSessionOf(session, place.id, seenS));
    }
  }

  const answers = readAnswers({ source, stored, known, changed, fresh, seenS, lock, control });
  if (answers === undefined) return { kind: "cancelled" };
  const goneRows =
    known.length === 0
      ? 0
      : addGoneRows({ known, stored, changed, fresh, placeID: place.id, seenS });
  if (fresh.sessions.length === 0 && fresh.length === 0) {
    if (await isCompactionDue(folder, loaded)) await compactLedger(folder, lock, loaded);
    return { kind: "unchanged" };
  }

  if (known.length === 0 || isDamaged || fresh.length > known.length * LARGE_SHARE) {
    const isFirst = known.length === 0 && known.sessions.length === 0;
    if (!isFirst) known.merge(fresh);
    const all = isFirst ? { ...loaded, columns: fresh } : loaded;
    if ((await compactLedger(folder, lock, all)) === undefined) return { kind: "busy" };
  } else {
    await writeLedgerFile(folder, segmentName(), fresh);
    if (await isCompactionDue(folder, loaded)) {
      await compactLedger(folder, lock, await loadLedger(folder));
    }
  }
  return { kind: "filled", sessions: changed.size, rows: answers, goneRows };
}

function sessionIn(columns: LedgerColumns, sessionID: string): LedgerSession | undefined {
  const index = columns.sessionIndex(sessionID);
  return index === undefined ? undefined : columns.sessions[index];
}

function ledgerSessionOf(session: StoredSession, placeID: string, seenS: number): LedgerSession {
  const { id, parentID, projectID, directory, title, createdMs, forkOfID, stamp } = session;
  return {
    id,
    placeID,
    parentID,
    projectID,
    directory,
    title,
    command: undefined,
    createdMs,
    forkOfID,
    isGone: false,
    stamp,
    seenS,
  };
}

interface GoneRowsOptions {
  readonly known: LedgerColumns;
  readonly stored: ReadonlyMap<string, StoredSession>;
  readonly changed: ReadonlyMap<string, StoredSession>;
  readonly fresh: LedgerColumns;
  readonly placeID: string;
  readonly seenS: number;
}

/**
 * Marks what the ledger knows of this place and the database no longer has. A session of the second generation
 * keeps the money of reverted answers in its totals: there a message that went is no message forgotten.
 */
function addGoneRows({ known, stored, changed, fresh, placeID, seenS }: GoneRowsOptions): number {
  const isSuspect = Uint8Array.from(known.sessions, (session) => {
    if (session.placeID !== placeID) return 0;
    const now = stored.get(session.id);
    if (now === undefined) return session.isGone ? 0 : 1;
    return now.generation === 1 && changed.has(session.id) ? 1 : 0;
  });
  const draft = emptyDraft();
  let rows = 0;
  for (const [index, session] of known.sessions.entries()) {
    if (isSuspect[index] === 1 && !stored.has(session.id)) {
      fresh.putSession({ ...session, isGone: true, stamp: READ_AGAIN, seenS });
    }
  }
  for (let row = 0; row < known.length; row++) {
    const session = known.session[row] ?? 0;
    if (isSuspect[session] !== 1 || ((known.flags[row] ?? 0) & ROW_GONE) !== 0) continue;
    draft.messageID = known.messageID(row);
    if (fresh.rowOf(draft.messageID) >= 0) continue;
    known.readRow(row, draft);
    const model = known.models[draft.model];
    draft.session = fresh.sessionNamed(known.sessions[session]?.id ?? "", placeID);
    draft.model = fresh.modelIndex(model?.providerID ?? "", model?.modelID ?? "");
    draft.agent = fresh.agentIndex(known.agents[draft.agent] ?? "");
    draft.flags |= ROW_GONE;
    draft.seenS = seenS;
    fresh.append(draft);
    rows++;
  }
  return rows;
}
