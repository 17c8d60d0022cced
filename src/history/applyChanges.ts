import type { LedgerColumns } from "./ledgerColumns.ts";
import { flagsOf, type LedgerChanges } from "./ledgerRow.ts";

/** Adds what is to be remembered to columns. A session that only rows name gets an entry at `placeID`. */
export function applyChanges(
  columns: LedgerColumns,
  changes: LedgerChanges,
  placeID: string,
): void {
  for (const place of changes.places ?? []) columns.putPlace(place);
  for (const session of changes.sessions ?? []) columns.putSession(session);
  for (const row of changes.rows ?? []) {
    columns.put({
      messageID: row.messageID,
      session: columns.sessionNamed(row.sessionID, placeID),
      model: columns.modelIndex(row.providerID, row.modelID),
      agent: columns.agentIndex(row.agent),
      createdMs: row.createdMs,
      input: row.tokens.input,
      output: row.tokens.output,
      reasoning: row.tokens.reasoning,
      cacheRead: row.tokens.cache.read,
      cacheWrite: row.tokens.cache.write,
      costUSD: row.costUSD,
      flags: flagsOf(row),
      seenS: row.seenS,
    });
  }
}
