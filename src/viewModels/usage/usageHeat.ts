import { monthName, weekdayName } from "../text/dates.ts";
import { plural, t } from "../../core/language.ts";
import type { LedgerQuery, PriceTable } from "../../core/ledger/ledgerQuery.ts";
import type { LedgerTable } from "../../core/ledger/table.ts";
import { type Calendar, timeBuckets } from "../../core/ledger/timeBuckets.ts";
import { heatLevels, usageOverTime } from "../../core/ledger/usageOverTime.ts";
import { addUsage, totalTokens, totalUSD, type Usage } from "../../core/usage/usage.ts";
import type { Card } from "../cards/card.ts";
import { costCells, costColumns, count, figures, words } from "../cards/table.ts";
import { formatCount } from "../text/format.ts";
import { figuresJSON } from "../text/figuresJSON.ts";
import { drillOf, type UsageDrill, type UsageMeasure } from "./usageChoices.ts";
import { amountOf, type CardContext, drillRequest, usageText } from "./usageMeasures.ts";
import { bucketTitle } from "./usageTrend.ts";

export interface HeatDay {
  /** `2026-03-29`. */
  readonly name: string;
  readonly title: string;
  readonly messages: number;
  /** Everything spent on the day, including answers that have since been deleted or reverted. */
  readonly usage: Usage;
  /** 0 for nothing, 1 to 4 by quartile of the days with usage. */
  readonly level: number;
  readonly drill: UsageDrill;
}

export interface UsageHeat {
  /** Every day from the first day of the oldest week on. */
  readonly days: readonly HeatDay[];
  readonly weeks: number;
  /** First day of the week: 0 Sunday … 6 Saturday. */
  readonly weekStart: number;
}

/** Weeks the calendar covers, including the current one. */
export const HEAT_WEEKS = 53;
const DAY_MS = 86_400_000;
const MONDAY = 1;

/** Placeholder for pages that don't show the calendar. */
export const NO_HEAT: UsageHeat = { days: [], weeks: 0, weekStart: MONDAY };

/** The days of the last 53 weeks, whatever the range. Days are those of the calendar's time zone. */
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
          messages: sum.messages,
          usage,
          level: levels[at] ?? 0,
          drill: drillOf("calendar", title, { fromMs: startMs, untilMs: endMs }),
        },
      ];
    }),
  };
}

/** A calendar of the last 53 weeks, whatever the range. */
export function calendarCard({ days, weeks, weekStart }: UsageHeat, context: CardContext): Card {
  const { choices, currency } = context;
  const amount = amountOf(choices.measure);
  const used = days.filter(({ level }) => level > 0);
  const [largest] = [...used].sort((a, b) => amount(b.usage) - amount(a.usage));
  return {
    id: "calendar",
    title: t("Calendar"),
    subtitle:
      choices.measure === "tokens"
        ? t("Tokens by day, last 53 weeks")
        : t("Cost by day, last 53 weeks"),
    columns: 6,
    label: t`Calendar of the last 53 weeks: ${formatCount(used.length)} days with usage${largest === undefined ? "" : t`, most on ${largest.title}: ${usageText(largest.usage, currency)}`}.`,
    empty: used.length === 0 ? t("No usage in the last 53 weeks") : undefined,
    drawing: {
      kind: "calendar",
      weeks,
      weekdays: Array.from({ length: 7 }, (_, row) => weekdayName((weekStart + row) % 7)),
      days: days.map(({ name, title, usage, messages, level, drill }) => ({
        title: `${title}: ${usageText(usage, currency)}, ${plural(messages, "{0} answer", "{0} answers")}`,
        ...(name.endsWith("-01") ? { month: monthName(name) } : {}),
        level,
        ask: drillRequest(drill, context),
      })),
    },
    table: {
      title: t("Usage by day, last 53 weeks"),
      columns: [
        words(t("Day"), "day"),
        figures(t("Answers"), "answers"),
        figures(t("Tokens"), "total"),
        ...costColumns(t("Cost")),
      ],
      rows: usedDays(days)
        .map(({ title, name, messages, usage, drill }) => ({
          cells: [
            { text: title, value: name, ask: drillRequest(drill, context) },
            count(messages),
            count(totalTokens(usage.tokens)),
            ...costCells(usage, currency),
          ],
        }))
        .reverse(),
    },
  };
}

function usedDays(days: UsageHeat["days"]): readonly HeatDay[] {
  return days.filter(({ usage }) => totalTokens(usage.tokens) > 0 || totalUSD(usage) > 0);
}

export function calendarJSON({ days }: UsageHeat): object {
  return usedDays(days).map(({ name, messages, usage }) => ({
    day: name,
    answers: messages,
    ...figuresJSON(usage),
  }));
}
