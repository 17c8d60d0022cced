/** Progress of a fill. */
export interface FillProgress {
  /** Sessions read so far, and to be read in total. */
  readonly sessions: number;
  readonly allSessions: number;
  readonly rows: number;
}

/** Controls a running fill. */
export interface FillControl {
  /** Called often. */
  readonly isCancelled: () => boolean;
  readonly onProgress: (progress: FillProgress) => void;
}

/** Why a place could not be read. The ledger hasn't changed in that case. */
export type FillFailure =
  | "notFound"
  /** Another program has the database locked. */
  | "locked"
  /** The database doesn't contain what its server lists: it belongs to another one. */
  | "otherDatabase"
  /** The database, or server, is of an unknown generation. */
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
      /** Answers that are no longer in the database; undefined if a server was asked. */
      readonly goneRows?: number;
    }
  /** Nothing had changed since the last fill. */
  | { readonly kind: "unchanged" }
  | { readonly kind: "cancelled" }
  /** Another window is filling the ledger. */
  | { readonly kind: "busy" }
  /** The ledger's own file is damaged; nothing was written. */
  | { readonly kind: "damaged"; readonly message: string; readonly inode: number }
  | ({ readonly kind: "unavailable"; readonly reason: FillFailure } & FailureTexts);

/** What a person reads of a failure, and what a log may have of it: no words of a server, which may quote a prompt. */
export interface FailureTexts {
  readonly message: string;
  readonly logged: string;
}
