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
 * told; the server's own record of the finished answer. Better ones are never replaced by worse ones.
 */
export type RowRank = 0 | 1 | 2;
export const RANK_BEGUN: RowRank = 0;
export const RANK_STREAMED: RowRank = 1;
export const RANK_RECORDED: RowRank = 2;

/** One answer of a model, as it goes into the ledger. */
export interface LedgerRow {
  readonly messageID: string;
  readonly sessionID: string;
  /** Milliseconds since the epoch by the server's clock; 0 when it did not say. */
  readonly createdMs: number;
  /** Empty when not told. */
  readonly providerID: string;
  readonly modelID: string;
  readonly agent: string;
  readonly tokens: Tokens;
  readonly costUSD: number;
  readonly rank: RowRank;
  readonly isSummary: boolean;
  /** Whether no tool call was left to be answered after it; false when not told. */
  readonly endsTurn: boolean;
  readonly isGone: boolean;
  /** Some figure was impossible and counts as zero. */
  readonly hasBadFigures: boolean;
  /** When the figures were learnt, seconds since the epoch, our clock. */
  readonly recordedAtS: number;
  /** When it was learnt whether the server has the message, by the same clock. */
  readonly observedAtS: number;
}

/** The bit of a row's flags where its rank begins. */
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

/** What is to be remembered; all of it together or nothing. */
export interface LedgerChanges {
  readonly places?: readonly LedgerPlace[];
  readonly sessions?: readonly LedgerSession[];
  readonly rows?: readonly LedgerRow[];
  readonly gone?: GoneChanges;
  /** Models with the prices that a server's catalogue lists; those without one leave what was known. */
  readonly models?: readonly Pick<Model, "providerID" | "modelID" | "price">[];
}

/** What a server no longer has. What the ledger never knew is passed over. */
export interface GoneChanges {
  /** When that was learnt, seconds since the epoch, our clock. */
  readonly observedAtS: number;
  /** Sessions with all their answers. */
  readonly sessionIDs?: readonly string[];
  readonly messages?: readonly { readonly sessionID: string; readonly messageID: string }[];
  /** Of this session whatever is not among `kept`, but what the ledger learnt after the write `since`. */
  readonly others?: {
    readonly sessionID: string;
    readonly kept: readonly string[];
    readonly since: number;
  };
}

/** Seconds since the epoch, as the ledger keeps observation times. */
export function secondsOf(ms: number): number {
  return Math.min(0xffff_ffff, Math.max(0, Math.floor(ms / 1000)));
}

/** The largest count and cost a row holds, and its last moment; no answer of a model comes near. */
export const MAX_COUNT = 0xffff_ffff;
export const MAX_COST_USD = Number.MAX_SAFE_INTEGER;
export const MOST_MS = 8.64e15;

/** Figures made possible, and whether they were. */
export interface CheckedFigures {
  readonly tokens: Tokens;
  readonly costUSD: number;
  readonly areBad: boolean;
}

/** Counts and cost of any type: absent ones are zero, impossible ones are zero and said to be bad. */
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
