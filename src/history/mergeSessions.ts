import type { LedgerSession } from "../core/ledger/table.ts";

/** A stamp that no server tells: the session is to be read again. */
export const READ_AGAIN = "";

/**
 * Two tellings of one session: the later one holds. What it does not know stays as it was; within one second a
 * session that is gone is gone.
 */
export function mergeSessions(a: LedgerSession, b: LedgerSession): LedgerSession {
  const [older, newer] = b.seenS >= a.seenS ? [a, b] : [b, a];
  return {
    id: a.id,
    placeID: newer.placeID === "" ? older.placeID : newer.placeID,
    parentID: newer.parentID ?? older.parentID,
    projectID: newer.projectID === "" ? older.projectID : newer.projectID,
    directory: newer.directory === "" ? older.directory : newer.directory,
    title: newer.title === "" ? older.title : newer.title,
    command: newer.command ?? older.command,
    createdMs: newer.createdMs > 0 ? newer.createdMs : older.createdMs,
    forkOfID: newer.forkOfID ?? older.forkOfID,
    isGone: a.seenS === b.seenS ? a.isGone || b.isGone : newer.isGone,
    stamp: newer.stamp ?? older.stamp,
    seenS: newer.seenS,
  };
}
