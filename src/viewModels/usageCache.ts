import { cacheEfficiency, cacheHitRate, cacheSavingsUSD } from "../core/ledger/cacheEfficiency.ts";
import type { LedgerQuery, PriceTable } from "../core/ledger/ledgerQuery.ts";
import type { LedgerTable } from "../core/ledger/table.ts";
import { addTokens } from "../core/usage.ts";
import type { UsageDrill } from "./usageChoices.ts";
import type { UsageGroups } from "./usageGroups.ts";

/** How a prompt's tokens came to be, and what the cache was worth. */
export interface CacheFigures {
  readonly inputTokens: number;
  readonly readTokens: number;
  readonly writeTokens: number;
  /** `read / (input + read + write)`, 0 to 1. */
  readonly hitRate: number | undefined;
  /** At list prices; negative when writing cost more than reading saved; undefined without a price. */
  readonly savedUSD: number | undefined;
}

export interface UsageCache extends CacheFigures {
  /** Cached tokens of models without a list price: not in `savedUSD`. */
  readonly unpricedTokens: number;
  readonly models: readonly (CacheFigures & {
    readonly key: string;
    readonly label: string;
    readonly drill: UsageDrill;
  })[];
}

/** That of a page that does not show it. */
export const NO_CACHE: UsageCache = {
  inputTokens: 0,
  readTokens: 0,
  writeTokens: 0,
  hitRate: undefined,
  savedUSD: undefined,
  unpricedTokens: 0,
  models: [],
};

/** The two formulas, as they are told beside the figures. */
export const HIT_RATE_FORMULA = "hit rate = cache read ÷ (input + cache read + cache write)";
export const SAVINGS_FORMULA =
  "saved = cache read × (input price − read price) − cache write × (write price − input price), at list prices";

/** Cache efficiency as a whole and by model; `models`: the groups of the dimension `model` of the same query. */
export function usageCache(
  table: LedgerTable,
  query: LedgerQuery,
  prices: PriceTable,
  models: UsageGroups["groups"],
): UsageCache {
  const all = cacheEfficiency(table, query, prices);
  return {
    inputTokens: all.inputTokens,
    readTokens: all.readTokens,
    writeTokens: all.writeTokens,
    hitRate: all.hitRate,
    savedUSD: all.savedUSD,
    unpricedTokens: all.unpricedTokens,
    models: models.flatMap(({ key, label, sum, drill }) => {
      const tokens = addTokens(sum.spent.tokens, sum.alsoSpent.tokens);
      const hitRate = cacheHitRate(tokens);
      if (hitRate === undefined) return [];
      const price = prices.get(key);
      return [
        {
          key,
          label,
          drill: { ...drill, chart: "cache" },
          inputTokens: tokens.input,
          readTokens: tokens.cache.read,
          writeTokens: tokens.cache.write,
          hitRate,
          savedUSD: price === undefined ? undefined : cacheSavingsUSD(tokens, price),
        },
      ];
    }),
  };
}
