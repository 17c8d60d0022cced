import {
  listPriceUSD,
  type ModelPrice,
  sameUsage,
  type Tokens,
  totalTokens,
  type Usage,
} from "../usage/usage.ts";
import type { PriceTable } from "./ledgerQuery.ts";
import { sumRows } from "./sumRows.ts";
import { type LedgerSession, type LedgerTable, ROW_GONE } from "./table.ts";

/**
 * The summed usage of each session of a place that has an answer whose cost the server did not record: a session's
 * totals don't show which tokens the recorded cost covers. Includes copies made by forks, as those totals do, but
 * not gone rows.
 */
export function sessionCosts(
  table: LedgerTable,
  placeID: string,
  prices: PriceTable,
): ReadonlyMap<string, Usage> {
  const { sessions } = table;
  const wanted: LedgerSession[] = [];
  /** By session: its index in `wanted`, or -1. */
  const groups = new Int32Array(sessions.length).fill(-1);
  for (let row = 0; row < table.length; row++) {
    if ((table.costUSD[row] ?? 0) > 0 || isGone(table, row) || !hasTokens(table, row)) continue;
    const index = table.session[row] ?? 0;
    const session = sessions[index];
    if (groups[index] === -1 && session?.placeID === placeID) {
      groups[index] = wanted.push(session) - 1;
    }
  }
  if (wanted.length === 0) return new Map();
  // Treat no row as a copy.
  const view = { table, isCopy: new Uint8Array(table.length) };
  const groupOf = (row: number): number => groups[table.session[row] ?? 0] ?? -1;
  const sums = sumRows(view, undefined, prices, wanted.length, groupOf);
  return new Map(wanted.map(({ id }, group) => [id, sums.sum(group).spent]));
}

/** Relative tolerance: sums of doubles differ in their last digits. */
const SAME_SHARE = 1e-9;

/**
 * Whether the cost a server recorded for a session equals the list price of all its tokens. If so, none of them can
 * be unpriced, and its answers need not be examined.
 */
export function isAtListPrice(
  totals: { readonly tokens: Tokens; readonly costUSD: number },
  price: ModelPrice | undefined,
): boolean {
  if (totalTokens(totals.tokens) === 0) return true;
  if (price === undefined || totals.costUSD <= 0) return false;
  const listUSD = listPriceUSD(totals.tokens, price);
  return Math.abs(listUSD - totals.costUSD) <= totals.costUSD * SAME_SHARE;
}

/** Whether both have the same usage for the same sessions. */
export function sameCosts(a: ReadonlyMap<string, Usage>, b: ReadonlyMap<string, Usage>): boolean {
  if (a.size !== b.size) return false;
  for (const [id, usage] of a) {
    const other = b.get(id);
    if (other === undefined || !sameUsage(usage, other)) return false;
  }
  return true;
}

function isGone(table: LedgerTable, row: number): boolean {
  return ((table.flags[row] ?? 0) & ROW_GONE) !== 0;
}

function hasTokens(table: LedgerTable, row: number): boolean {
  return (
    (table.input[row] ?? 0) > 0 ||
    (table.output[row] ?? 0) > 0 ||
    (table.reasoning[row] ?? 0) > 0 ||
    (table.cacheRead[row] ?? 0) > 0 ||
    (table.cacheWrite[row] ?? 0) > 0
  );
}
