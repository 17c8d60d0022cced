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
 * What the answers of sessions come to, for each session of a place with an answer whose cost the server did not
 * record: the totals of a session do not say which of its tokens that cost is for. Copies of a fork are in it, as in
 * those totals; what is gone is not.
 */
export function sessionCosts(
  table: LedgerTable,
  placeID: string,
  prices: PriceTable,
): ReadonlyMap<string, Usage> {
  const { sessions } = table;
  const wanted: LedgerSession[] = [];
  /** By session: its place among those that are wanted. */
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
  // No row counts as a copy.
  const view = { table, isCopy: new Uint8Array(table.length) };
  const groupOf = (row: number): number => groups[table.session[row] ?? 0] ?? -1;
  const sums = sumRows(view, undefined, prices, wanted.length, groupOf);
  return new Map(wanted.map(({ id }, group) => [id, sums.sum(group).spent]));
}

/** Sums of doubles differ in their last digits. */
const SAME_SHARE = 1e-9;

/**
 * Whether the cost that a server recorded for a session is what all its tokens come to at one list price. None of them can
 * be without a price then, and its answers need not be looked at.
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

/** Whether two tell the same of the same sessions. */
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
