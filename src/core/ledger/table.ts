/**
 * The usage ledger as a table: one row per model answer, stored in columns, so that hundreds of thousands of
 * rows can be summed in milliseconds. Rows are in no particular order. The `history` room fills it.
 */

import type { Tokens } from "../usage/usage.ts";

/** The server no longer has this message: deleted with its session, or reverted and overwritten. */
export const ROW_GONE = 1;
/** The server reported impossible figures (negative, not a number, too large): they count as zero. */
export const ROW_BAD_FIGURES = 2;
/** A compaction's summary. */
export const ROW_SUMMARY = 4;
/** The answer ended its turn: no tool call was left to answer. */
export const ROW_ENDS_TURN = 8;

/** Columns may be longer than the table: only the first `length` entries are valid. */
export interface LedgerTable {
  readonly length: number;
  /** Increases whenever anything in the table changes. */
  readonly revision: number;
  /** When the answer started, milliseconds since the epoch by the server's clock; 0 if not reported. */
  readonly createdMs: Float64Array;
  /** Index into `sessions`. */
  readonly session: Uint32Array;
  /** Index into `models`. */
  readonly model: Uint32Array;
  /** Index into `agents`. */
  readonly agent: Uint32Array;
  readonly input: Uint32Array;
  readonly output: Uint32Array;
  readonly reasoning: Uint32Array;
  readonly cacheRead: Uint32Array;
  readonly cacheWrite: Uint32Array;
  /** US dollars as recorded by the server. */
  readonly costUSD: Float64Array;
  /** `ROW_…` bits; the other bits belong to the storage. */
  readonly flags: Uint8Array;
  readonly sessions: readonly LedgerSession[];
  readonly models: readonly LedgerModel[];
  /** Agent names; empty if the server reported none. */
  readonly agents: readonly string[];
  readonly places: readonly LedgerPlace[];
  messageID(row: number): string;
  /** Index of a session at a place; without `placeID`, of the first one known with that ID. */
  sessionIndex(sessionID: string, placeID?: string): number | undefined;
}

/** Where a history is stored: a database on this machine, or a server whose database is not accessible. */
export interface LedgerPlace {
  /** Doesn't change with the server's port. */
  readonly id: string;
  /** Display name. */
  readonly name: string;
}

/** A model as referenced by rows; both IDs are empty if the server named none. */
export interface LedgerModel {
  readonly providerID: string;
  readonly modelID: string;
}

/**
 * What the ledger knows about a session, identified by ID and place: a copied database has sessions with the same
 * IDs. It outlives the session itself.
 */
export interface LedgerSession {
  readonly id: string;
  readonly placeID: string;
  /** The session that started this one as a task. */
  readonly parentID: string | undefined;
  /** `global` for directories without version control. */
  readonly projectID: string;
  readonly directory: string;
  readonly title: string;
  /** The slash command that started it as a separate task, if any. */
  readonly command: string | undefined;
  /** Milliseconds since the epoch; 0 when unknown. */
  readonly createdMs: number;
  /** Set if the server reports it; other copies are recognised by their messages. */
  readonly forkOfID: string | undefined;
  /** The server no longer has it. */
  readonly isGone: boolean;
  /**
   * What the server reported about the session when all its messages were last read; while that is unchanged,
   * the session need not be read again. Undefined until all of them have been read.
   */
  readonly stamp: string | undefined;
  /** When this was observed, seconds since the epoch by the local clock. */
  readonly observedAtS: number;
}

/** A session at a place; without `placeID`, the first one known with that ID. */
export function sessionIn(
  table: LedgerTable,
  sessionID: string,
  placeID?: string,
): LedgerSession | undefined {
  return table.sessions[table.sessionIndex(sessionID, placeID) ?? -1];
}

/** What identifies a project: its ID, or the directory if there is no version control. */
export function projectKeyOf(session: {
  readonly projectID: string;
  readonly directory: string;
}): string {
  return session.projectID === "global" || session.projectID === ""
    ? session.directory
    : session.projectID;
}

/** The directory of each project: the shortest among those of its sessions, which contains the others. */
export function projectDirectories(table: LedgerTable): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const session of table.sessions) {
    if (session.directory === "") continue;
    const key = projectKeyOf(session);
    const known = found.get(key);
    if (known === undefined || session.directory.length < known.length) {
      found.set(key, session.directory);
    }
  }
  return found;
}

/** A row's tokens by kind. */
export function tokensOf(table: LedgerTable, row: number): Tokens {
  return {
    input: table.input[row] ?? 0,
    output: table.output[row] ?? 0,
    reasoning: table.reasoning[row] ?? 0,
    cache: { read: table.cacheRead[row] ?? 0, write: table.cacheWrite[row] ?? 0 },
  };
}
