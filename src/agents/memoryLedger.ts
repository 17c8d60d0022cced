import type { LedgerSession, LedgerTable } from "../core/ledger/table.ts";
import { applyChanges } from "../history/applyChanges.ts";
import { LedgerColumns } from "../history/ledgerColumns.ts";
import type { LedgerChanges } from "../history/ledgerRow.ts";
import type { FillTarget } from "../history/serverFill.ts";

/** A ledger for one question: begins empty, and is forgotten with its answer. */
export class MemoryLedger implements FillTarget {
  private readonly columns = new LedgerColumns();

  get table(): LedgerTable {
    return this.columns;
  }

  session(sessionID: string): LedgerSession | undefined {
    const index = this.columns.sessionIndex(sessionID);
    return index === undefined ? undefined : this.columns.sessions[index];
  }

  record(changes: LedgerChanges, placeID: string): Promise<void> {
    applyChanges(this.columns, changes, placeID);
    return Promise.resolve();
  }

  /** What was never known cannot have gone. */
  answersOf(): Map<string, string[]> {
    return new Map();
  }

  goneChanges(): Required<Pick<LedgerChanges, "sessions" | "rows">> {
    return { sessions: [], rows: [] };
  }
}
