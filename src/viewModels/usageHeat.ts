import type { LedgerQuery, PriceTable } from "../core/ledger/ledgerQuery.ts";
import type { LedgerTable } from "../core/ledger/table.ts";
import { type Calendar, timeBuckets } from "../core/ledger/timeBuckets.ts";
import { heatLevels, usageOverTime } from "../core/ledger/usageOverTime.ts";
import { addUsage, type Usage } from "../core/usage.ts";
import { drillOf, type UsageDrill, type UsageMeasure } from "./usageChoices.ts";
import { amountOf, bucketTitle } from "./usageTrend.ts";

/** One day of the calendar. */
export interface HeatDay {
  /** `2026-03-29`. */
  readonly name: string;
  readonly title: string;
  /** Column and row of the calendar: weeks from the oldest, days from the first of the week. */
  readonly week: number;
  readonly weekday: number;
  readonly messages: number;
  /** All that was spent on the day, what the servers have forgotten since included. */
  readonly usage: Usage;
  /** 0 for nothing, 1 to 4 by quarters of the days with usage. */
  readonly level: number;
  readonly drill: UsageDrill;
}

export interface UsageHeat {
  readonly days: readonly HeatDay[];
  readonly weeks: number;
  /** First day of the week: 0 Sunday … 6 Saturday. */
  readonly weekStart: number;
}

/** Weeks the calendar looks back, the present one included. */
export const HEAT_WEEKS = 53;
const DAY_MS = 86_400_000;
const MONDAY = 1;

/** That of a page that does not show it. */
export const NO_HEAT: UsageHeat = { days: [], weeks: 0, weekStart: MONDAY };

/** The days of the last 53 weeks, whatever the range: what a day of a zone is, its clocks say. */
export function usageHeat(
  table: LedgerTable,
  prices: PriceTable,
  calendar: Calendar,
  nowMs: number,
  measure: UsageMeasure,
): UsageHeat {
  const weekStart = calendar.weekStart ?? MONDAY;
  const weeks = timeBuckets(
    "week",
    nowMs - (HEAT_WEEKS - 1) * 7 * DAY_MS,
    nowMs + 1,
    calendar,
  ).slice(-HEAT_WEEKS);
  const [today] = timeBuckets("day", nowMs, nowMs + 1, calendar);
  const fromMs = weeks[0]?.startMs ?? nowMs;
  const query: LedgerQuery = { fromMs, untilMs: today?.endMs ?? nowMs };
  const { buckets } = usageOverTime(table, { ...calendar, unit: "day", nowMs }, query, prices);
  const usages = buckets.map(({ sum }) => addUsage(sum.spent, sum.alsoSpent));
  const amounts = usages.map(amountOf(measure));
  const levels = heatLevels(amounts);
  return {
    weeks: weeks.length,
    weekStart,
    days: buckets.flatMap((bucket, at) => {
      const usage = usages[at];
      if (usage === undefined) return [];
      const title = bucketTitle("day", bucket);
      const { name, startMs, endMs, sum } = bucket;
      return [
        {
          name,
          title,
          week: Math.floor(at / 7),
          weekday: at % 7,
          messages: sum.messages,
          usage,
          level: levels[at] ?? 0,
          drill: drillOf("calendar", title, { fromMs: startMs, untilMs: endMs }),
        },
      ];
    }),
  };
}
