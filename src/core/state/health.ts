/*
 * What a look at this machine and the servers found out, and what is to be thought of it. Gathered by `history`,
 * told by `viewModels/healthReport.ts`.
 */

/** One OpenCode database of this machine. */
export interface DatabaseHealth {
  readonly file: string;
  /** Undefined: there is no such file. */
  readonly bytes: number | undefined;
  /** Size of the write-ahead log beside it. */
  readonly walBytes: number;
  readonly isReadable: boolean;
  readonly isWritable: boolean;
  /** Free on the file's disk; undefined where that cannot be told. */
  readonly freeBytes: number | undefined;
  /** What SQLite says of it; undefined where this runtime has no SQLite. */
  readonly inspection: DatabaseInspection | undefined;
}

/** What SQLite says of a database. */
export type DatabaseInspection =
  | {
      readonly kind: "inspected";
      readonly sqliteVersion: string;
      readonly journalMode: string;
      /** Empty when its integrity check found nothing. */
      readonly faults: readonly string[];
      /** Generations of OpenCode that wrote it; 0 when the tables are not known here. */
      readonly generations: number;
      readonly sessions: number;
      readonly tookMs: number;
    }
  | { readonly kind: "failed"; readonly message: string };

export interface ServerHealth {
  readonly name: string;
  readonly url: string;
  readonly generation: string | undefined;
  readonly version: string | undefined;
  readonly connection: "connecting" | "connected" | "lost" | "unauthorized" | "unencrypted";
  /** Why it does not answer, where it does not. */
  readonly problem: string | undefined;
  /** Time until it answered a question just now; undefined when it did not. */
  readonly answerMs: number | undefined;
  /** Its clock minus ours; undefined where it does not tell. */
  readonly clockAheadMs: number | undefined;
  readonly sessions: number;
  /** Its catalogue's models, and those without a context window or a price. */
  readonly models: number;
  readonly modelsWithoutLimit: number;
  /** Models its sessions use that have no known context window. */
  readonly usedWithoutLimit: readonly string[];
  /** Models its sessions use that have no known price, recorded or listed. */
  readonly usedWithoutPrice: readonly string[];
  /** Where its history is read from: a database, or the server itself. */
  readonly place: string | undefined;
}

export interface LedgerHealth {
  readonly folder: string;
  readonly bytes: number;
  readonly isWritable: boolean;
  readonly freeBytes: number | undefined;
  readonly rows: number;
  readonly sessions: number;
  /** Rows whose server told impossible figures, and those whose time is none or ahead of our clock. */
  readonly badRows: number;
  readonly undatedRows: number;
  readonly problems: readonly string[];
}

export interface Health {
  readonly nowMs: number;
  readonly timeZone: string;
  readonly nodeVersion: string;
  readonly hasSqlite: boolean;
  readonly servers: readonly ServerHealth[];
  readonly databases: readonly DatabaseHealth[];
  /** Undefined when it could not be opened; `ledgerFailure` says why. */
  readonly ledger: LedgerHealth | undefined;
  readonly ledgerFailure: string | undefined;
}

/** How a backup of a database ended. */
export type BackupOutcome =
  | {
      readonly kind: "done";
      readonly bytes: number;
      readonly sessions: number;
      readonly tookMs: number;
    }
  | { readonly kind: "cancelled" }
  /** This runtime has no SQLite. */
  | { readonly kind: "noSqlite" }
  | { readonly kind: "failed"; readonly message: string };

/** What looks after the databases and the ledger. */
export interface UsageMaintenance {
  /** Databases of OpenCode on this machine that are known: those of connected servers, and the usual one. */
  databases(): Promise<readonly string[]>;
  inspect(signal: AbortSignal): Promise<Health>;
  /** Writes a consistent copy of a database, while its server goes on writing. Replaces the target. */
  backUp(database: string, target: string, signal: AbortSignal): Promise<BackupOutcome>;
}
