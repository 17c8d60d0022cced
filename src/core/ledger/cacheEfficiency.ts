import { ExactUSD } from "../usage/exactUSD.ts";
import type { ModelPrice, Tokens } from "../usage/usage.ts";
import { compileQuery, matchesFilter, type LedgerQuery, type PriceTable } from "./ledgerQuery.ts";
import { viewLedger } from "./ledgerView.ts";
import { pricesOf } from "./sumRows.ts";
import type { LedgerTable } from "./table.ts";

/** How much of the prompts came from the providers' caches, and how much that saved. */
export interface CacheEfficiency {
  /** `read / (input + read + write)`, 0 to 1; undefined without any prompt tokens. */
  readonly hitRate: number | undefined;
  readonly inputTokens: number;
  readonly readTokens: number;
  readonly writeTokens: number;
  /**
   * `(read * (input price - read price) - write * (write price - input price)) / 1e6` in US dollars, summed over
   * the models with a list price: how much more the same prompts would have cost without a cache. Negative
   * if writing cost more than reading saved. Undefined if no model has a price.
   */
  readonly savedUSD: number | undefined;
  /** Cached tokens, read and written, of models without a list price: not in `savedUSD`. */
  readonly unpricedTokens: number;
}

/** What the cache saved for one answer's tokens, computed as `CacheEfficiency.savedUSD`; may be negative. */
export function cacheSavingsUSD(tokens: Tokens, price: ModelPrice): number {
  return savingsUSD(tokens.cache.read, tokens.cache.write, price);
}

function savingsUSD(read: number, write: number, price: ModelPrice): number {
  // A model without a separate price for cache writes bills them as input.
  const writePrice = price.cacheWrite > 0 ? price.cacheWrite : price.input;
  return (read * (price.input - price.cacheRead) - write * (writePrice - price.input)) / 1e6;
}

/** The share of a prompt that came from the cache; undefined without a prompt. */
export function cacheHitRate(tokens: Tokens): number | undefined {
  const prompt = tokens.input + tokens.cache.read + tokens.cache.write;
  return prompt === 0 ? undefined : tokens.cache.read / prompt;
}

/** Cache efficiency of the rows matching a query. Copies don't count; gone rows do, because they were paid for. */
export function cacheEfficiency(
  table: LedgerTable,
  query: LedgerQuery,
  prices: PriceTable,
): CacheEfficiency {
  const view = viewLedger(table);
  const filter = compileQuery(view, query);
  const byModel = pricesOf(table, prices);
  const saved = new ExactUSD();
  const lost = new ExactUSD();
  let [inputTokens, readTokens, writeTokens, unpricedTokens] = [0, 0, 0, 0];
  let isPriced = false;
  for (let row = 0; row < table.length; row++) {
    if (view.isCopy[row] === 1 || !matchesFilter(filter, table, row)) continue;
    const read = table.cacheRead[row] ?? 0;
    const write = table.cacheWrite[row] ?? 0;
    inputTokens += table.input[row] ?? 0;
    readTokens += read;
    writeTokens += write;
    const price = byModel[table.model[row] ?? 0];
    if (price === undefined) {
      unpricedTokens += read + write;
      continue;
    }
    isPriced = true;
    const savedUSD = savingsUSD(read, write, price);
    if (savedUSD > 0) saved.add(savedUSD);
    else lost.add(-savedUSD);
  }
  const prompt = inputTokens + readTokens + writeTokens;
  return {
    hitRate: prompt === 0 ? undefined : readTokens / prompt,
    inputTokens,
    readTokens,
    writeTokens,
    savedUSD: isPriced ? saved.usd - lost.usd : undefined,
    unpricedTokens,
  };
}
