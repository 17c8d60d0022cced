import { contextTokensOf } from "../state/context.ts";
import { addUsage, NO_USAGE, recordedUsage, type Usage } from "../usage/usage.ts";
import { viewLedger } from "./ledgerView.ts";
import { type LedgerTable, ROW_ENDS_TURN, ROW_GONE, ROW_SUMMARY, tokensOf } from "./table.ts";

/** A turn: all answers from a prompt until nothing is left to answer. */
export interface Turn {
  /** When its first answer started, milliseconds since the epoch. */
  readonly startMs: number;
  /** Without estimates: tokens of answers without a recorded cost are unpriced. */
  readonly usage: Usage;
  /** Context tokens after its last answer; undefined if no answer has a meaningful figure. */
  readonly contextTokens: number | undefined;
  /** Whether it has ended, as far as is known. */
  readonly isEnded: boolean;
  /** Whether it contains or follows a compaction: its context says nothing about growth. */
  readonly isCompacted: boolean;
}

/** The turns of one session, oldest first, without copies and gone rows; compactions belong to the next turn. */
export function sessionTurns(table: LedgerTable, sessionID: string): readonly Turn[] {
  const session = table.sessionIndex(sessionID);
  if (session === undefined) return [];
  const { isCopy } = viewLedger(table);
  const rows: number[] = [];
  for (let row = 0; row < table.length; row++) {
    if (table.session[row] !== session || isCopy[row] === 1) continue;
    if (((table.flags[row] ?? 0) & ROW_GONE) === 0) rows.push(row);
  }
  rows.sort((a, b) => (table.createdMs[a] ?? 0) - (table.createdMs[b] ?? 0));
  const turns: Turn[] = [];
  let turn: Turn | undefined;
  for (const row of rows) {
    const flags = table.flags[row] ?? 0;
    const isSummary = (flags & ROW_SUMMARY) !== 0;
    const tokens = tokensOf(table, row);
    const contextTokens = isSummary ? undefined : contextTokensOf(tokens);
    turn = {
      startMs: turn?.startMs ?? table.createdMs[row] ?? 0,
      usage: addUsage(turn?.usage ?? NO_USAGE, recordedUsage(tokens, table.costUSD[row] ?? 0)),
      contextTokens: contextTokens ?? turn?.contextTokens,
      isEnded: (flags & ROW_ENDS_TURN) !== 0,
      isCompacted: isSummary || turn?.isCompacted === true,
    };
    if (!turn.isEnded) continue;
    turns.push(turn);
    turn = undefined;
  }
  return turn === undefined ? turns : [...turns, turn];
}
