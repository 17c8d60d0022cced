import type { LedgerPlace, LedgerTable } from "../core/ledger/table.ts";
import type { FillOutcome } from "../history/fill.ts";
import { LedgerDatabase } from "../history/ledgerDatabase.ts";

/** Ledgers in memory, by source database: each question only reads what is new since the last. */
const ledgers = new Map<string, LedgerDatabase>();

/**
 * Reads OpenCode's database: all of it, or the sessions in `only`, in addition to what was read before.
 * `sessionIDs`: those that the server lists, to recognise its database by. @throws if there is no SQLite.
 */
export function readDatabaseLedger(
  database: string,
  place: LedgerPlace,
  sessionIDs: readonly string[],
  only: ReadonlySet<string> | undefined,
): Promise<LedgerTable | Extract<FillOutcome, { kind: "unavailable" }>> {
  const ledger = ledgers.get(database) ?? LedgerDatabase.open(":memory:", 0);
  ledgers.set(database, ledger);
  const control = { isCancelled: () => false, onProgress: () => undefined };
  const outcome = ledger.fill({ database, place, sessionIDs, only, nowMs: Date.now(), control });
  return Promise.resolve(outcome.kind === "unavailable" ? outcome : ledger.table);
}
