import type { LedgerColumns } from "./ledgerColumns.ts";
import { ROW_BAD_FIGURES, ROW_ENDS_TURN, ROW_GONE, ROW_SUMMARY } from "../core/ledger/table.ts";
import { flagsOf, type LedgerChanges, type LedgerRow, type RowRank } from "./ledgerRow.ts";

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
      toldS: row.toldS,
      seenS: row.seenS,
    });
  }
}

/** A row as it stands in columns. */
export function rowAt(columns: LedgerColumns, row: number): LedgerRow {
  const flags = columns.flags[row] ?? 0;
  const model = columns.models[columns.model[row] ?? 0];
  const rank = columns.rankOf(row);
  return {
    messageID: columns.messageID(row),
    sessionID: columns.sessions[columns.session[row] ?? 0]?.id ?? "",
    createdMs: columns.createdMs[row] ?? 0,
    providerID: model?.providerID ?? "",
    modelID: model?.modelID ?? "",
    agent: columns.agents[columns.agent[row] ?? 0] ?? "",
    tokens: {
      input: columns.input[row] ?? 0,
      output: columns.output[row] ?? 0,
      reasoning: columns.reasoning[row] ?? 0,
      cache: { read: columns.cacheRead[row] ?? 0, write: columns.cacheWrite[row] ?? 0 },
    },
    costUSD: columns.costUSD[row] ?? 0,
    rank: isRank(rank) ? rank : 0,
    isSummary: (flags & ROW_SUMMARY) !== 0,
    endsTurn: (flags & ROW_ENDS_TURN) !== 0,
    isGone: (flags & ROW_GONE) !== 0,
    hasBadFigures: (flags & ROW_BAD_FIGURES) !== 0,
    toldS: columns.toldS[row] ?? 0,
    seenS: columns.seenS[row] ?? 0,
  };
}

function isRank(rank: number): rank is RowRank {
  return rank === 0 || rank === 1 || rank === 2;
}
