import type { LedgerPlace, LedgerTable } from "../core/ledger/table.ts";
import type { FillOutcome } from "../history/fill.ts";
import { LedgerDatabase } from "../history/ledgerDatabase.ts";

/** Ledgers in memory by the databases they are filled from: each question reads only what is new since the last. */
const ledgers = new Map<string, LedgerDatabase>();

/**
 * What OpenCode's database tells: all of it, or of the sessions in `only`, beside what was read before. `sessionIDs`: those
 * that the server lists, to know its database by. @throws where there is no SQLite.
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
