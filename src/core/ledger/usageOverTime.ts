import { totalTokens, totalUSD } from "../usage/usage.ts";
import { compileQuery, matchesFilter, type LedgerQuery, type PriceTable } from "./ledgerQuery.ts";
import type { LedgerSum } from "./ledgerSum.ts";
import { type LedgerView, viewLedger } from "./ledgerView.ts";
import { sumRows } from "./sumRows.ts";
import type { LedgerTable } from "./table.ts";
import {
  bucketIndex,
  type Calendar,
  startsOf,
  type TimeBucket,
  timeBuckets,
  type TimeUnit,
} from "./timeBuckets.ts";
import { type Grouping, groupingOf, type LedgerDimension } from "./usageBy.ts";

export interface OverTimeOptions extends Calendar {
  readonly unit: TimeUnit;
  /** Local clock: the end of an open-ended query. */
  readonly nowMs: number;
  /** Also splits every bucket by one dimension. */
  readonly stack?: Exclude<LedgerDimension, "session" | "tree">;
}

/** A bucket with its usage. */
export interface TimedSum extends TimeBucket {
  readonly sum: LedgerSum;
  /** In the order of `UsageOverTime.stack`; empty without one. */
  readonly parts: readonly LedgerSum[];
}

export interface UsageOverTime {
  readonly buckets: readonly TimedSum[];
  /** The stacked groups' keys, most expensive first; undefined represents all others combined. */
  readonly stack: readonly (string | undefined)[];
  /**
   * Rows of an open-ended query that belong to no bucket: the server reported no time, one before 2020, or one
   * more than a day ahead of the local clock, as happens after a clock change.
   */
  readonly undated: LedgerSum;
}

/** OpenCode didn't exist before this: earlier times are invalid. */
const EARLIEST_MS = Date.UTC(2020, 0, 1);
const DAY_MS = 86_400_000;
/** Maximum number of stacked groups; the cheaper ones are combined into one. */
const MOST_STACKED = 8;

/**
 * Usage by hour, day, week or month in a time zone, oldest first, including buckets without usage. Without
 * `fromMs` it starts at the first row; without `untilMs` it ends now.
 */
export function usageOverTime(
  table: LedgerTable,
  options: OverTimeOptions,
  query: LedgerQuery,
  prices: PriceTable,
): UsageOverTime {
  const view = viewLedger(table);
  const filter = compileQuery(view, query);
  const span = spanOf(view, query, options.nowMs);
  const buckets =
    span === undefined ? [] : timeBuckets(options.unit, span.fromMs, span.untilMs, options);
  const starts = startsOf(buckets);
  const fromMs = span?.fromMs ?? 0;
  const untilMs = span?.untilMs ?? 0;
  const bucketOf = (row: number): number => {
    const createdMs = table.createdMs[row] ?? 0;
    return createdMs < fromMs || createdMs >= untilMs ? -1 : bucketIndex(starts, createdMs);
  };
  // The group after the last bucket collects rows that belong to no bucket.
  const undated = buckets.length;
  const sums = sumRows(view, filter, prices, buckets.length + 1, (row) => {
    const bucket = bucketOf(row);
    return bucket >= 0 ? bucket : undated;
  });

  const stack = stackOf(view, options, query, prices);
  const width = stack.keys.length;
  const parts =
    width === 0
      ? undefined
      : sumRows(view, filter, prices, buckets.length * width, (row) => {
          const bucket = bucketOf(row);
          return bucket < 0 ? -1 : bucket * width + stack.groupOf(row);
        });
  return {
    buckets: buckets.map((bucket, at) => ({
      ...bucket,
      sum: sums.sum(at),
      parts:
        parts === undefined
          ? []
          : Array.from({ length: width }, (_, part) => parts.sum(at * width + part)),
    })),
    stack: stack.keys,
    undated: sums.sum(undated),
  };
}

/** The span of an open-ended query: from the first row with a plausible time until now, or the last such row. */
function spanOf(
  view: LedgerView,
  query: LedgerQuery,
  nowMs: number,
): { fromMs: number; untilMs: number } | undefined {
  const { table } = view;
  let fromMs = query.fromMs;
  let untilMs = query.untilMs;
  if (fromMs === undefined || untilMs === undefined) {
    const filter = compileQuery(view, query);
    const latestMs = nowMs + DAY_MS;
    let first = Infinity;
    let last = nowMs;
    for (let row = 0; row < table.length; row++) {
      const createdMs = table.createdMs[row] ?? 0;
      if (createdMs < EARLIEST_MS || createdMs > latestMs) continue;
      if (createdMs >= first && createdMs <= last) continue;
      if (!matchesFilter(filter, table, row)) continue;
      if (createdMs < first) first = createdMs;
      if (createdMs > last) last = createdMs;
    }
    if (first === Infinity && fromMs === undefined) return undefined;
    fromMs ??= first;
    untilMs ??= last + 1;
  }
  return { fromMs, untilMs };
}

interface Stack {
  readonly keys: readonly (string | undefined)[];
  readonly groupOf: (row: number) => number;
}

function stackOf(
  view: LedgerView,
  { stack }: OverTimeOptions,
  query: LedgerQuery,
  prices: PriceTable,
): Stack {
  if (stack === undefined) return { keys: [], groupOf: () => 0 };
  const { keys, groupOf }: Grouping = groupingOf(view, stack);
  const sums = sumRows(view, compileQuery(view, query), prices, keys.length, groupOf);
  const used = keys
    .map((_, group) => group)
    .filter((group) => !sums.isEmpty(group))
    .sort((a, b) => {
      const [first, second] = [sums.sum(a).spent, sums.sum(b).spent];
      return (
        totalUSD(second) - totalUSD(first) ||
        totalTokens(second.tokens) - totalTokens(first.tokens) ||
        a - b
      );
    });
  const shown = used.length > MOST_STACKED ? used.slice(0, MOST_STACKED - 1) : used;
  const hasRest = used.length > shown.length;
  // Groups without any figures still have rows: those are added to the last group.
  const places = new Int32Array(keys.length).fill(Math.max(0, shown.length - (hasRest ? 0 : 1)));
  for (const [place, group] of shown.entries()) places[group] = place;
  return {
    keys: [...shown.map((group) => keys[group]), ...(hasRest ? [undefined] : [])],
    groupOf: (row) => places[groupOf(row)] ?? 0,
  };
}

/**
 * The colour intensity of each day in a calendar: 0 for no usage, 1 to 4 for the quartile of its amount among
 * the days with usage.
 */
export function heatLevels(amounts: readonly number[]): (0 | 1 | 2 | 3 | 4)[] {
  const used = amounts.filter((amount) => amount > 0).sort((a, b) => a - b);
  const limits = [0.25, 0.5, 0.75].map(
    (share) => used[Math.ceil(share * used.length) - 1] ?? Infinity,
  );
  return amounts.map((amount) => {
    if (!(amount > 0)) return 0;
    const [first = 0, second = 0, third = 0] = limits;
    return amount <= first ? 1 : amount <= second ? 2 : amount <= third ? 3 : 4;
  });
}
