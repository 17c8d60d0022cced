import type { LedgerSession, LedgerTable } from "../core/ledger/table.ts";
import { LedgerDatabase } from "../history/ledgerDatabase.ts";
import { type LedgerChanges, secondsOf } from "../history/ledgerRow.ts";
import type { FillTarget } from "../history/serverFill.ts";

/** A ledger for one question: starts empty, and is discarded with its answer. @throws if there is no SQLite. */
export class MemoryLedger implements FillTarget {
  readonly #ledger = LedgerDatabase.open(":memory:", 0);

  get table(): LedgerTable {
    return this.#ledger.table;
  }

  get position(): number {
    return this.#ledger.position;
  }

  session(sessionID: string, placeID: string): LedgerSession | undefined {
    const { table } = this.#ledger;
    return table.sessions[table.sessionIndex(sessionID, placeID) ?? -1];
  }

  record(changes: LedgerChanges, placeID: string): Promise<void> {
    this.#ledger.write([{ changes, placeID }], secondsOf(Date.now()));
    this.#ledger.refresh();
    return Promise.resolve();
  }
}
