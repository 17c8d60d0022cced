import type { LedgerQuery, PriceTable } from "../core/ledger/ledgerQuery.ts";
import type { LedgerSum } from "../core/ledger/ledgerSum.ts";
import type { LedgerTable } from "../core/ledger/table.ts";
import type { Calendar, TimeBucket, TimeUnit } from "../core/ledger/timeBuckets.ts";
import { type TimedSum, usageOverTime } from "../core/ledger/usageOverTime.ts";
import { totalTokens, totalUSD, type Usage } from "../core/usage.ts";
import { byKind, kindLabel, TOKEN_KINDS } from "./tokenKinds.ts";
import {
  drillOf,
  type UsageChoices,
  type UsageDrill,
  type UsageMeasure,
  type UsageRange,
  type UsageUnit,
} from "./usageChoices.ts";
import type { UsageNames } from "./usageNames.ts";

/** One colour of the stacked bars. */
export interface TrendSeries {
  /** A kind of tokens, `recorded`, `estimated`, `alsoSpent`, a group's key, or `rest`. */
  readonly key: string;
  readonly label: string;
}

/** One bar. `values` are in the measure and in the order of the series; together they are all that was used. */
export interface TrendBucket {
  readonly startMs: number;
  readonly endMs: number;
  /** Unique. */
  readonly name: string;
  /** Short, for the axis; and in full. */
  readonly label: string;
  readonly title: string;
  readonly sum: LedgerSum;
  readonly values: readonly number[];
  readonly drill: UsageDrill;
}

export interface UsageTrend {
  readonly unit: TimeUnit;
  /** The unit that was asked for would have made too many bars. */
  readonly isCoarser: boolean;
  readonly series: readonly TrendSeries[];
  readonly buckets: readonly TrendBucket[];
  /** What tells no possible time, and so has no bar. */
  readonly undated: LedgerSum;
}

/** More bars than this cannot be told apart. */
export const MAX_BARS = 400;
const UNITS: readonly TimeUnit[] = ["hour", "day", "week", "month"];
const DAY_MS = 86_400_000;

export interface TrendInput {
  readonly table: LedgerTable;
  readonly prices: PriceTable;
  readonly calendar: Calendar;
  readonly nowMs: number;
  readonly query: LedgerQuery;
  readonly choices: Pick<UsageChoices, "range" | "unit" | "measure" | "stack">;
  readonly names: UsageNames;
}

/** Usage over time as stacked bars. A unit that makes too many bars gives way to the next longer one. */
export function usageTrend(input: TrendInput): UsageTrend {
  const { table, prices, calendar, nowMs, query, choices, names } = input;
  const wanted = unitOf(choices.unit, choices.range, oldestMs(table, nowMs), nowMs);
  const { stack: stackBy } = choices;
  let at = UNITS.indexOf(wanted);
  const compute = (unit: TimeUnit): ReturnType<typeof usageOverTime> =>
    usageOverTime(
      table,
      { ...calendar, unit, nowMs, ...(stackBy === "kind" ? {} : { stack: stackBy }) },
      query,
      prices,
    );
  let result = compute(wanted);
  while (result.buckets.length > MAX_BARS && at < UNITS.length - 1) {
    at += 1;
    result = compute(UNITS[at] ?? "month");
  }
  const unit = UNITS[at] ?? "month";
  const amount = amountOf(choices.measure);
  const hasForgotten = result.buckets.some(({ sum }) => amount(sum.alsoSpent) > 0);
  const forgotten = hasForgotten ? [{ key: "alsoSpent", label: "Also spent" }] : [];
  const [series, valuesOf] =
    stackBy === "kind"
      ? kindSeries(choices.measure)
      : ([
          result.stack.map((key) =>
            key === undefined
              ? { key: "rest", label: "All others" }
              : { key, label: names.label(stackBy, key) },
          ),
          ({ parts }: TimedSum) => parts.map((part) => amount(part.spent)),
        ] as const);
  return {
    unit,
    isCoarser: unit !== wanted,
    series: [...series, ...forgotten],
    buckets: result.buckets.map((bucket) => ({
      startMs: bucket.startMs,
      endMs: bucket.endMs,
      name: bucket.name,
      label: bucketLabel(unit, bucket),
      title: bucketTitle(unit, bucket),
      sum: bucket.sum,
      values: [...valuesOf(bucket), ...(hasForgotten ? [amount(bucket.sum.alsoSpent)] : [])],
      drill: bucketDrill(unit, bucket, query),
    })),
    undated: result.undated,
  };
}

/** The amount of a usage in a measure: tokens of all kinds, or recorded and estimated dollars. */
export function amountOf(measure: UsageMeasure): (usage: Usage) => number {
  return measure === "tokens" ? (usage) => totalTokens(usage.tokens) : totalUSD;
}

function kindSeries(
  measure: UsageMeasure,
): readonly [readonly TrendSeries[], (bucket: TimedSum) => readonly number[]] {
  return measure === "tokens"
    ? [
        TOKEN_KINDS.map((kind) => ({ key: kind, label: kindLabel(kind) })),
        ({ sum }) => {
          const figures = byKind(sum.spent.tokens);
          return TOKEN_KINDS.map((kind) => figures[kind]);
        },
      ]
    : [
        [
          { key: "recorded", label: "Recorded" },
          { key: "estimated", label: "Estimated from list prices" },
        ],
        ({ sum }) => [sum.spent.recordedUSD, sum.spent.estimatedUSD],
      ];
}

function unitOf(unit: UsageUnit, range: UsageRange, firstMs: number, nowMs: number): TimeUnit {
  if (unit !== "auto") return unit;
  if (range === "today") return "hour";
  if (range !== "all") return "day";
  const days = (nowMs - firstMs) / DAY_MS;
  return days <= 92 ? "day" : days <= 730 ? "week" : "month";
}

function oldestMs(table: LedgerTable, nowMs: number): number {
  const earliest = Date.UTC(2020, 0, 1);
  let oldest = nowMs;
  for (let row = 0; row < table.length; row++) {
    const createdMs = table.createdMs[row] ?? 0;
    if (createdMs >= earliest && createdMs < oldest) oldest = createdMs;
  }
  return oldest;
}

/** The outer bars may reach beyond the range: what is behind them does not. */
function bucketDrill(unit: TimeUnit, bucket: TimeBucket, query: LedgerQuery): UsageDrill {
  return drillOf("trend", bucketTitle(unit, bucket), {
    fromMs: Math.max(bucket.startMs, query.fromMs ?? -Infinity),
    untilMs: Math.min(bucket.endMs, query.untilMs ?? Infinity),
  });
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const WEEKDAYS = "Sun Mon Tue Wed Thu Fri Sat".split(" ");

/** Short words for a piece of time: `14:00`, `3 Nov`, `3 Nov` (of a week its first day), `Nov 2026`. */
export function bucketLabel(unit: TimeUnit, { name }: Pick<TimeBucket, "name">): string {
  const [year = "", month = "", day = ""] = name.slice(0, 10).split("-");
  const monthName = MONTHS[Number(month) - 1] ?? "";
  switch (unit) {
    case "hour":
      return name.slice(11, 16);
    case "day":
    case "week":
      return `${String(Number(day))} ${monthName}`;
    case "month":
      return `${monthName} ${year}`;
  }
}

/** A piece of time in full: `Tue 3 Nov 2026, 14:00`, `Tue 3 Nov 2026`, `Week of 2 Nov 2026`, `Nov 2026`. */
export function bucketTitle(unit: TimeUnit, bucket: Pick<TimeBucket, "name">): string {
  const { name } = bucket;
  const [year = ""] = name.split("-");
  if (unit === "month") return bucketLabel("month", bucket);
  const date = `${bucketLabel("day", bucket)} ${year}`;
  if (unit === "week") return `Week of ${date}`;
  const weekday = WEEKDAYS[new Date(`${name.slice(0, 10)}T00:00:00Z`).getUTCDay()] ?? "";
  return unit === "day"
    ? `${weekday} ${date}`
    : `${weekday} ${date}, ${bucketLabel("hour", bucket)}`;
}
