/*
 * The results of a health check of this machine and the servers. Gathered by `history`, presented by
 * `viewModels/healthReport.ts`.
 */

/** One OpenCode database on this machine. */
export interface DatabaseHealth {
  readonly file: string;
  /** Undefined if the file doesn't exist. */
  readonly bytes: number | undefined;
  /** Size of the write-ahead log beside it. */
  readonly walBytes: number;
  readonly isReadable: boolean;
  readonly isWritable: boolean;
  /** Free space on the file's disk; undefined if unknown. */
  readonly freeBytes: number | undefined;
  /** What SQLite reports about it; undefined if this runtime has no SQLite. */
  readonly inspection: DatabaseInspection | undefined;
}

/** What SQLite reports about a database. */
export type DatabaseInspection =
  | {
      readonly kind: "inspected";
      readonly sqliteVersion: string;
      readonly journalMode: string;
      /** Empty if the integrity check found nothing. */
      readonly faults: readonly string[];
      /** Number of OpenCode generations that wrote it; 0 if its tables are unknown. */
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
  /** Why it doesn't answer, if it doesn't. */
  readonly problem: string | undefined;
  /** Response time of a request just made; undefined if there was no response. */
  readonly answerMs: number | undefined;
  /** Its clock minus the local clock; undefined if it doesn't report the time. */
  readonly clockAheadMs: number | undefined;
  readonly sessions: number;
  /** Number of models in its catalogue, and of those without a known context window. */
  readonly models: number;
  readonly modelsWithoutLimit: number;
  /** Models used by its sessions that have no known context window. */
  readonly usedWithoutLimit: readonly string[];
  /** Models used by its sessions that have no known price, recorded or listed. */
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
  /** Rows with impossible figures, and rows whose time is missing or ahead of the local clock. */
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
  /** Undefined if it could not be opened; `ledgerFailure` says why. */
  readonly ledger: LedgerHealth | undefined;
  readonly ledgerFailure: string | undefined;
}

/** The result of a database backup. */
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

/** Maintenance of the databases and the ledger. */
export interface UsageMaintenance {
  /** Known OpenCode databases on this machine: those of connected servers, and the default one. */
  databases(): Promise<readonly string[]>;
  inspect(signal: AbortSignal): Promise<Health>;
  /** Writes a consistent copy of a database, even while its server is writing. Replaces the target. */
  backUp(database: string, target: string, signal: AbortSignal): Promise<BackupOutcome>;
}
