/**
 * The usage ledger as a table: one row for each answer of a model, in columns, so that hundreds of thousands
 * of rows are summed in milliseconds. Rows stand in no particular order. The `history` room fills it.
 */

/** The server no longer has this message: deleted with its session, or reverted and overwritten. */
export const ROW_GONE = 1;
/** The server told figures that cannot be (negative, not a number, too large): they count as zero. */
export const ROW_BAD_FIGURES = 2;
/** A compaction's summary. */
export const ROW_SUMMARY = 4;
/** The answer ended its turn: no tool call was left to be answered. */
export const ROW_ENDS_TURN = 8;

/** Columns may be longer than the table: only the first `length` entries of each count. */
export interface LedgerTable {
  readonly length: number;
  /** Grows whenever anything in the table changes. */
  readonly revision: number;
  /** When the answer began, milliseconds since the epoch by the server's clock; 0 when it did not say. */
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
  /** US dollars as the server recorded them. */
  readonly costUSD: Float64Array;
  /** `ROW_…` bits; further bits belong to the storage. */
  readonly flags: Uint8Array;
  readonly sessions: readonly LedgerSession[];
  readonly models: readonly LedgerModel[];
  /** Agent names; the empty one stands for "not told". */
  readonly agents: readonly string[];
  readonly places: readonly LedgerPlace[];
  messageID(row: number): string;
  /** Index of a session of a place; without a place of the one that was known first. */
  sessionIndex(sessionID: string, placeID?: string): number | undefined;
}

/** Where a history lives: one database of this machine, or one server whose database is out of reach. */
export interface LedgerPlace {
  /** Stays the same while the server's port changes. */
  readonly id: string;
  /** What a person calls it. */
  readonly name: string;
}

/** A model as rows name it; both ids are empty when the server named none. */
export interface LedgerModel {
  readonly providerID: string;
  readonly modelID: string;
}

/**
 * What the ledger knows of a session, by its id and its place: a copy of a database holds sessions of the same ids.
 * It outlives the session itself.
 */
export interface LedgerSession {
  readonly id: string;
  readonly placeID: string;
  /** The session that started this one by a task. */
  readonly parentID: string | undefined;
  /** `global` for directories without version control. */
  readonly projectID: string;
  readonly directory: string;
  readonly title: string;
  /** The slash command that started it as a task of its own, where one did. */
  readonly command: string | undefined;
  /** Milliseconds since the epoch; 0 when unknown. */
  readonly createdMs: number;
  /** Where the server says so; other copies are recognised by their messages. */
  readonly forkOfID: string | undefined;
  /** The server no longer has it. */
  readonly isGone: boolean;
  /**
   * What the server said of the session when all its messages were last read; a session that still says so
   * needs not be read again. Undefined while they have not all been read.
   */
  readonly stamp: string | undefined;
  /** When this was learnt, seconds since the epoch, our clock. */
  readonly observedAtS: number;
}

/** What parts projects: the project, or the directory where there is no version control. */
export function projectKeyOf(session: {
  readonly projectID: string;
  readonly directory: string;
}): string {
  return session.projectID === "global" || session.projectID === ""
    ? session.directory
    : session.projectID;
}
