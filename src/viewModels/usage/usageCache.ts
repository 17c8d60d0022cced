import { t } from "../../core/language.ts";
import {
  type CacheEfficiency,
  cacheEfficiency,
  cacheHitRate,
  cacheSavingsUSD,
} from "../../core/ledger/cacheEfficiency.ts";
import type { LedgerQuery, PriceTable } from "../../core/ledger/ledgerQuery.ts";
import type { LedgerTable } from "../../core/ledger/table.ts";
import { addTokens } from "../../core/usage/usage.ts";
import { kindLabel } from "../breakdown/tokenKinds.ts";
import type { Card, Cell } from "../cards/card.ts";
import { count, figures, percent, text, words } from "../cards/table.ts";
import { formatPercent, formatTokens, UNKNOWN } from "../text/format.ts";
import { formatMoney } from "../text/money.ts";
import { rangeLabel, type UsageDrill } from "./usageChoices.ts";
import type { UsageGroups } from "./usageGroups.ts";
import { type CardContext, drillRequest, withAmounts } from "./usageMeasures.ts";

/** Where prompt tokens came from, and what the cache saved. */
type CacheFigures = Omit<CacheEfficiency, "unpricedTokens">;

export interface UsageCache extends CacheEfficiency {
  readonly models: readonly (CacheFigures & {
    readonly key: string;
    readonly label: string;
    readonly drill: UsageDrill;
  })[];
}

/** Placeholder for pages that don't show the cache. */
export const NO_CACHE: UsageCache = {
  inputTokens: 0,
  readTokens: 0,
  writeTokens: 0,
  hitRate: undefined,
  savedUSD: undefined,
  unpricedTokens: 0,
  models: [],
};

/** The two formulas, as shown next to the figures. */
export const HIT_RATE_FORMULA = t("hit rate = cache read ÷ (input + cache read + cache write)");
export const SAVINGS_FORMULA = t(
  "saved = cache read × (input price − read price) − cache write × (write price − input price), at list prices",
);

/** Cache efficiency overall and by model; `models`: the `model` groups of the same query. */
export function usageCache(
  table: LedgerTable,
  query: LedgerQuery,
  prices: PriceTable,
  models: UsageGroups["groups"],
): UsageCache {
  return {
    ...cacheEfficiency(table, query, prices),
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

/** More bars than this are unreadable; the table has all models. */
const MOST_BARS = 8;

/** Horizontal bars: where each model's prompt tokens came from, and what the cache saved. */
export function cacheCard(cache: UsageCache, context: CardContext): Card {
  const { choices, currency } = context;
  const hitRateOf = ({ hitRate }: CacheFigures): number | undefined =>
    hitRate === undefined ? undefined : hitRate * 100;
  const savedOf = ({ savedUSD }: CacheFigures): string =>
    savedUSD === undefined ? UNKNOWN : formatMoney(savedUSD, currency);
  const rate = formatPercent(hitRateOf(cache));
  const saved = savedOf(cache);
  const prompt = (one: CacheFigures): number => one.inputTokens + one.readTokens + one.writeTokens;
  const shown = [...cache.models].sort((a, b) => prompt(b) - prompt(a)).slice(0, MOST_BARS);
  const cells = (one: CacheFigures): readonly Cell[] => [
    count(one.inputTokens),
    count(one.readTokens),
    count(one.writeTokens),
    { ...percent(hitRateOf(one)), value: one.hitRate },
    { text: savedOf(one), value: one.savedUSD },
  ];
  return {
    id: "cache",
    title: t("Cache efficiency"),
    subtitle: t`Hit rate ${rate} · saved ${saved}, ${rangeLabel(choices.range)}`,
    columns: 3,
    label: t`Cache efficiency by model: hit rate ${rate}, saved ${saved} at list prices.`,
    empty: cache.models.length === 0 ? t("No prompts in this period") : undefined,
    drawing: {
      kind: "plot",
      isHorizontal: true,
      layout: "stacked",
      unit: "tokens",
      parts: shown.map((one) => ({
        label: one.label,
        title: one.label,
        footer: t`hit rate ${formatPercent(hitRateOf(one))} · saved ${savedOf(one)}`,
        ask: drillRequest(one.drill, context),
      })),
      series: withAmounts(
        (
          [
            ["input", "inputTokens"],
            ["cacheWrite", "writeTokens"],
            ["cacheRead", "readTokens"],
          ] as const
        ).map(([kind, figure]) => ({
          key: kind,
          label: kindLabel(kind),
          colour: kind,
          values: shown.map((one) => one[figure]),
        })),
      ),
    },
    notes: [
      HIT_RATE_FORMULA,
      SAVINGS_FORMULA,
      ...(cache.unpricedTokens > 0
        ? [
            t`${formatTokens(cache.unpricedTokens)} cached tokens have no list price and are not included`,
          ]
        : []),
    ],
    table: {
      title: t`Cache efficiency, ${rangeLabel(choices.range)}`,
      columns: [
        words(t("Model"), "model"),
        figures(t("Input"), "input"),
        figures(t("Cache read"), "cache_read"),
        figures(t("Cache write"), "cache_write"),
        figures(t("Hit rate"), "hit_rate"),
        figures(t("Saved"), "saved_usd", t("At list prices")),
      ],
      rows: cache.models.map((one) => ({
        cells: [{ ...text(one.label), ask: drillRequest(one.drill, context) }, ...cells(one)],
      })),
      sum: { cells: [text(t("All")), ...cells(cache)] },
    },
  };
}

export function cacheJSON(cache: UsageCache): object {
  const json = (one: CacheFigures): object => ({
    input: one.inputTokens,
    cacheRead: one.readTokens,
    cacheWrite: one.writeTokens,
    hitRate: one.hitRate ?? null,
    savedUSD: one.savedUSD ?? null,
  });
  return {
    ...json(cache),
    unpricedTokens: cache.unpricedTokens,
    models: cache.models.map((one) => ({ model: one.key, ...json(one) })),
  };
}
