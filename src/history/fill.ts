/** How far a fill has come. */
export interface FillProgress {
  /** Sessions read so far, and to be read in all. */
  readonly sessions: number;
  readonly allSessions: number;
  readonly rows: number;
}

/** What guides a fill while it runs. */
export interface FillControl {
  /** Asked often. */
  readonly isCancelled: () => boolean;
  readonly onProgress: (progress: FillProgress) => void;
}

/** Why a place could not be read. Nothing in the ledger has changed then. */
export type FillFailure =
  | "notFound"
  /** Another program keeps the database to itself. */
  | "locked"
  /** The database does not hold what its server lists: it is another one's. */
  | "otherDatabase"
  /** The database, or server, is of a generation not known here. */
  | "unknownSchema"
  /** It cannot be read: permissions, a damaged disk, a server that does not answer. */
  | "unreadable";

/** How a fill ended. */
export type FillOutcome =
  | {
      readonly kind: "filled";
      /** Sessions that had changed since the last fill. */
      readonly sessions: number;
      /** Answers read from them. */
      readonly rows: number;
      /** Answers that the database has no longer; undefined where a server was asked. */
      readonly goneRows?: number;
    }
  /** Nothing had changed since the last fill. */
  | { readonly kind: "unchanged" }
  | { readonly kind: "cancelled" }
  /** Another window fills the ledger now. */
  | { readonly kind: "busy" }
  /** The ledger's own file is damaged; nothing was written. */
  | { readonly kind: "damaged"; readonly message: string; readonly inode: number }
  | { readonly kind: "unavailable"; readonly reason: FillFailure; readonly message: string };
