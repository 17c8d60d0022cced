import { plural, t } from "../../core/language.ts";
import type { LedgerQuery, PriceTable } from "../../core/ledger/ledgerQuery.ts";
import type { LedgerSum } from "../../core/ledger/ledgerSum.ts";
import type { LedgerTable } from "../../core/ledger/table.ts";
import type { Calendar, TimeBucket, TimeUnit } from "../../core/ledger/timeBuckets.ts";
import { type TimedSum, usageOverTime } from "../../core/ledger/usageOverTime.ts";
import type { Card, ColourName, Control, Row } from "../cards/card.ts";
import { sumCells, sumColumns, text, words } from "../cards/table.ts";
import { formatDay, formatFullDay, formatMonth, formatWeekdayAndDay } from "../text/dates.ts";
import { formatCount } from "../text/format.ts";
import {
  drillOf,
  rangeLabel,
  type UsageChange,
  type UsageChoices,
  type UsageDrill,
  type UsageRange,
  type UsageStack,
  type UsageUnit,
} from "./usageChoices.ts";
import {
  amountOf,
  type CardContext,
  drillRequest,
  emptyReason,
  GONE_SERIES,
  measureParts,
  sumJSON,
  sumText,
  unitOf,
  usageText,
  withAmounts,
} from "./usageMeasures.ts";
import type { UsageNames } from "./usageNames.ts";

/** One colour of the stacked bars. */
export interface TrendSeries {
  /** A kind of tokens, `recorded`, `estimated`, `alsoSpent`, a group's key, or `rest`. */
  readonly key: string;
  readonly label: string;
  readonly colour: ColourName;
}

/** One bar. `values` are in the measure and in series order; together they are everything that was used. */
export interface TrendBucket extends TimeBucket {
  /** Short, for the axis; `title` is the full form. */
  readonly label: string;
  readonly title: string;
  readonly sum: LedgerSum;
  readonly values: readonly number[];
  readonly drill: UsageDrill;
}

export interface UsageTrend {
  readonly unit: TimeUnit;
  /** Whether the requested unit would have made too many bars. */
  readonly isCoarser: boolean;
  readonly series: readonly TrendSeries[];
  readonly buckets: readonly TrendBucket[];
  /** Usage without a valid time, which has no bar. */
  readonly undated: LedgerSum;
}

/** More bars than this cannot be distinguished. */
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

/** Usage over time as stacked bars. A unit that makes too many bars is replaced by the next longer one. */
export function usageTrend(input: TrendInput): UsageTrend {
  const { table, prices, calendar, nowMs, query, choices, names } = input;
  const wanted = lengthOf(choices.unit, choices.range, oldestMs(table, nowMs), nowMs);
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
  const hasGone = result.buckets.some(({ sum }) => amount(sum.alsoSpent) > 0);
  const kinds = measureParts(choices.measure);
  const series: readonly TrendSeries[] =
    stackBy === "kind"
      ? kinds.map(({ key, label, colour }) => ({ key, label, colour }))
      : result.stack.map((key, at) =>
          key === undefined
            ? { key: "rest", label: t("All others"), colour: at }
            : { key, label: names.label(stackBy, key), colour: at },
        );
  const valuesOf = ({ sum, parts }: TimedSum): readonly number[] =>
    stackBy === "kind"
      ? kinds.map((kind) => kind.amountOf(sum.spent))
      : parts.map(({ spent }) => amount(spent));
  return {
    unit,
    isCoarser: unit !== wanted,
    series: hasGone ? [...series, GONE_SERIES] : series,
    buckets: result.buckets.map((bucket) => ({
      startMs: bucket.startMs,
      endMs: bucket.endMs,
      name: bucket.name,
      label: bucketLabel(unit, bucket),
      title: bucketTitle(unit, bucket),
      sum: bucket.sum,
      values: [...valuesOf(bucket), ...(hasGone ? [amount(bucket.sum.alsoSpent)] : [])],
      drill: bucketDrill(unit, bucket, query),
    })),
    undated: result.undated,
  };
}

function lengthOf(unit: UsageUnit, range: UsageRange, firstMs: number, nowMs: number): TimeUnit {
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

/** The outer bars may extend beyond the range; their drills don't. */
function bucketDrill(unit: TimeUnit, bucket: TimeBucket, query: LedgerQuery): UsageDrill {
  return drillOf("trend", bucketTitle(unit, bucket), {
    fromMs: Math.max(bucket.startMs, query.fromMs ?? -Infinity),
    untilMs: Math.min(bucket.endMs, query.untilMs ?? Infinity),
  });
}

/** Short label of a time bucket: `14:00`, `3 Nov`, `3 Nov` (the first day of a week), `Nov 2026`. */
export function bucketLabel(unit: TimeUnit, { name }: Pick<TimeBucket, "name">): string {
  switch (unit) {
    case "hour":
      return name.slice(11, 16);
    case "day":
    case "week":
      return formatDay(name);
    case "month":
      return formatMonth(`${name.slice(0, 7)}-01`);
  }
}

/** Full title of a time bucket: `Tue 3 Nov 2026, 14:00`, `Tue 3 Nov 2026`, `Week of 2 Nov 2026`, `Nov 2026`. */
export function bucketTitle(unit: TimeUnit, bucket: Pick<TimeBucket, "name">): string {
  const { name } = bucket;
  if (unit === "month") return bucketLabel("month", bucket);
  if (unit === "week") return t`Week of ${formatFullDay(name)}`;
  const day = formatWeekdayAndDay(name);
  return unit === "day" ? day : `${day}, ${bucketLabel("hour", bucket)}`;
}

const UNIT_NAMES: Readonly<Record<TimeUnit, string>> = {
  hour: t("hour"),
  day: t("day"),
  week: t("week"),
  month: t("month"),
};

/** The options for the time a bar covers and what it is made of. */
const UNIT_LABELS: Readonly<Record<UsageUnit, string>> = {
  auto: t("Automatic"),
  hour: t("By hour"),
  day: t("By day"),
  week: t("By week"),
  month: t("By month"),
};
const STACK_LABELS: Readonly<Record<UsageStack, string>> = {
  kind: t("Kinds"),
  model: t("Models"),
  agent: t("Agents"),
  project: t("Projects"),
  place: t("Servers"),
  origin: t("Sub-sessions"),
};

/** Stacked bars over time: kinds of tokens, states of cost, or groups of a dimension. */
export function trendCard(trend: UsageTrend, context: CardContext): Card {
  const { choices, currency, page, rangeSum } = context;
  const { buckets, undated } = trend;
  const unit = UNIT_NAMES[trend.unit];
  const what = choices.measure === "tokens" ? t("Tokens") : t("Cost");
  const undatedTitle = t("No valid time reported");
  const rows: Row[] = buckets.map(({ title, name, sum, drill }) => ({
    cells: [
      { text: title, value: name, ask: drillRequest(drill, context) },
      ...sumCells(sum, currency),
    ],
  }));
  if (undated.messages > 0) {
    rows.push({ cells: [text(undatedTitle), ...sumCells(undated, currency)] });
  }
  return {
    id: "trend",
    title: t("Trend"),
    subtitle: t`${what} by ${unit}${trend.isCoarser ? t(": shorter periods would make too many bars") : ""}`,
    columns: 6,
    label: t`${what} by ${unit}, ${rangeLabel(choices.range)}, as stacked bars: ${usageText(rangeSum.spent, currency)} in ${formatCount(buckets.length)} bars.`,
    empty: emptyReason(
      buckets.map(({ sum }) => sum),
      context,
    ),
    drawing: {
      kind: "plot",
      layout: "stacked",
      unit: unitOf(context),
      canHide: true,
      parts: buckets.map(({ label, title, sum, drill }) => ({
        label,
        title,
        footer: sumText(sum, currency),
        ask: drillRequest(drill, context),
      })),
      series: withAmounts(
        trend.series.map((series, at) => ({
          ...series,
          values: buckets.map(({ values }) => values[at] ?? 0),
        })),
      ),
    },
    notes:
      undated.messages > 0
        ? [
            t`${plural(undated.messages, "{0} answer", "{0} answers")} without a valid time, included in the totals but not in the bars.`,
          ]
        : [],
    table: {
      title: t`Usage by ${unit}, ${rangeLabel(choices.range)}`,
      columns: [words(t("Time"), trend.unit), ...sumColumns()],
      rows: rows.reverse(),
      sum: { cells: [text(t("All")), ...sumCells(rangeSum, currency)] },
    },
    controls:
      page === "view"
        ? [measureControl(choices)]
        : [
            {
              kind: "dropdown",
              label: t("Time per bar"),
              value: choices.unit,
              options: optionsOf(UNIT_LABELS, (unit) => ({ kind: "unit", unit })),
            },
            {
              kind: "dropdown",
              label: t("Stack bars by"),
              value: choices.stack,
              options: optionsOf(STACK_LABELS, (stack) => ({ kind: "stack", stack })),
            },
          ],
  };
}

/** The switch that chooses the measure for the whole page. */
export function measureControl({ measure }: UsageChoices): Control {
  return {
    kind: "switch",
    label: t("Measure"),
    value: measure,
    options: optionsOf({ cost: t("Cost"), tokens: t("Tokens") }, (one) => ({
      kind: "measure",
      measure: one,
    })),
  };
}

function optionsOf<T extends string>(
  labels: Readonly<Record<T, string>>,
  changeTo: (value: T) => UsageChange,
) {
  const values = Object.keys(labels) as T[];
  return values.map((value) => ({
    value,
    label: labels[value],
    ask: { type: "choose", change: changeTo(value) } as const,
  }));
}

export function trendJSON({ unit, buckets, undated }: UsageTrend): object {
  return {
    unit,
    buckets: buckets.map(({ name, startMs, endMs, sum }) => ({
      name,
      start: new Date(startMs).toISOString(),
      end: new Date(endMs).toISOString(),
      ...sumJSON(sum),
    })),
    undated: sumJSON(undated),
  };
}
