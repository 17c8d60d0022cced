import {
  type LedgerPlace,
  type LedgerSession,
  ROW_BAD_FIGURES,
  ROW_ENDS_TURN,
  ROW_GONE,
  ROW_SUMMARY,
} from "../core/ledger/table.ts";
import type { Model } from "../core/state/model.ts";
import type { Tokens } from "../core/usage/usage.ts";

/**
 * How well a row's figures are known: the answer was still being written; a step of it ended, as the stream
 * reported; the server's own record of the finished answer. Better ones are never replaced by worse ones.
 */
export type RowRank = 0 | 1 | 2;
export const RANK_BEGUN: RowRank = 0;
export const RANK_STREAMED: RowRank = 1;
export const RANK_RECORDED: RowRank = 2;

/** One answer of a model, as stored in the ledger. */
export interface LedgerRow {
  readonly messageID: string;
  readonly sessionID: string;
  /** Milliseconds since the epoch by the server's clock; 0 if it reported none. */
  readonly createdMs: number;
  /** Empty if not reported. */
  readonly providerID: string;
  readonly modelID: string;
  readonly agent: string;
  readonly tokens: Tokens;
  readonly costUSD: number;
  readonly rank: RowRank;
  readonly isSummary: boolean;
  /** Whether no tool call was left to be answered after it; false if unknown. */
  readonly endsTurn: boolean;
  readonly isGone: boolean;
  /** Some figure was impossible and counts as zero. */
  readonly hasBadFigures: boolean;
  /** When the figures were learned, in seconds since the epoch by our clock. */
  readonly recordedAtS: number;
  /** When it was learned whether the server has the message, by the same clock. */
  readonly observedAtS: number;
}

/** The lowest bit of the rank in a row's flags. */
export const RANK_SHIFT = 4;

export function flagsOf(
  row: Pick<LedgerRow, "rank" | "isGone" | "isSummary" | "endsTurn" | "hasBadFigures">,
): number {
  return (
    (row.isGone ? ROW_GONE : 0) |
    (row.hasBadFigures ? ROW_BAD_FIGURES : 0) |
    (row.isSummary ? ROW_SUMMARY : 0) |
    (row.endsTurn ? ROW_ENDS_TURN : 0) |
    (row.rank << RANK_SHIFT)
  );
}

/** Changes to record; all of them together or none. */
export interface LedgerChanges {
  readonly places?: readonly LedgerPlace[];
  readonly sessions?: readonly LedgerSession[];
  readonly rows?: readonly LedgerRow[];
  readonly gone?: GoneChanges;
  /** Models with the list prices in a server's catalogue; those without one leave the known price unchanged. */
  readonly models?: readonly Pick<Model, "providerID" | "modelID" | "price">[];
}

/** What a server no longer has. Anything the ledger never knew is ignored. */
export interface GoneChanges {
  /** When that was learned, in seconds since the epoch by our clock. */
  readonly observedAtS: number;
  /** Sessions with all their answers. */
  readonly sessionIDs?: readonly string[];
  readonly messages?: readonly { readonly sessionID: string; readonly messageID: string }[];
  /** Everything of this session except `kept`, and except what the ledger learned after the write `since`. */
  readonly others?: {
    readonly sessionID: string;
    readonly kept: readonly string[];
    readonly since: number;
  };
}

/** Seconds since the epoch, as the ledger stores observation times. */
export function secondsOf(ms: number): number {
  return Math.min(0xffff_ffff, Math.max(0, Math.floor(ms / 1000)));
}

/** The largest count and cost a row can hold, and its latest time; no model's answer comes near them. */
export const MAX_COUNT = 0xffff_ffff;
export const MAX_COST_USD = Number.MAX_SAFE_INTEGER;
export const MAX_MS = 8.64e15;

/** Figures with impossible ones replaced, and whether there were any. */
export interface CheckedFigures {
  readonly tokens: Tokens;
  readonly costUSD: number;
  readonly areBad: boolean;
}

/** Checks counts and cost of any type: absent ones are zero, impossible ones are zero and reported as bad. */
export function checkFigures(figures: {
  readonly input: unknown;
  readonly output: unknown;
  readonly reasoning: unknown;
  readonly read: unknown;
  readonly write: unknown;
  readonly costUSD: unknown;
}): CheckedFigures {
  let areBad = false;
  const amount = (value: unknown, most: number): number => {
    if (value === undefined || value === 0) return 0;
    if (typeof value === "number" && value > 0 && value <= most) return value;
    areBad = true;
    return 0;
  };
  const count = (value: unknown): number => {
    const number = amount(value, MAX_COUNT);
    return Number.isInteger(number) ? number : Math.round(number);
  };
  const tokens: Tokens = {
    input: count(figures.input),
    output: count(figures.output),
    reasoning: count(figures.reasoning),
    cache: { read: count(figures.read), write: count(figures.write) },
  };
  const costUSD = amount(figures.costUSD, MAX_COST_USD);
  return { tokens, costUSD, areBad };
}
