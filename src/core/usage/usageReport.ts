import { projectionStatus, rateStatus } from "./forecastStatus.ts";
import type { UsageSnapshot } from "./usageSource.ts";
import type { LedgerSum } from "../ledger/ledgerSum.ts";
import { type LedgerTable, projectDirectories, sessionIn } from "../ledger/table.ts";
import { type Calendar, lastDays, type TimeUnit } from "../ledger/timeBuckets.ts";
import { type LedgerDimension, usageBy, usageOf } from "../ledger/usageBy.ts";
import { usageOverTime } from "../ledger/usageOverTime.ts";
import type { UsageGroup, UsageReport, UsageSum } from "../agents/publicAPI.ts";
import { budgetStatuses, costStatus, tokensStatus } from "../agents/sessionStatus.ts";

/*
 * The one answer to "what has been used?" for agents and programs: plain JSON, with types in `publicAPI.ts`.
 * Unknown values are null, never zero.
 */

export const REPORT_PERIODS = ["today", "7d", "30d", "all"] as const;
/** The last days in the reader's time zone, including today. */
export type ReportPeriod = (typeof REPORT_PERIODS)[number];

export const REPORT_GROUPINGS = [
  "model",
  "agent",
  "project",
  "server",
  "origin",
  "session",
  "tree",
  "hour",
  "day",
  "week",
  "month",
] as const;
/** What a report is grouped by. `origin`: top-level sessions versus those started by tasks. */
export type ReportGrouping = (typeof REPORT_GROUPINGS)[number];

export interface UsageReportOptions {
  readonly period: ReportPeriod;
  readonly by: ReportGrouping;
  /** Maximum number of groups: the most expensive ones, or the newest if grouped by time. */
  readonly limit: number;
}

/** The input for a report; a usage snapshot satisfies it. */
export type UsageReportData = Pick<UsageSnapshot, "table" | "prices" | "calendar" | "nowMs"> &
  Partial<Pick<UsageSnapshot, "budgets" | "rate" | "projection">>;

const DAYS: Readonly<Record<Exclude<ReportPeriod, "all">, number>> = {
  today: 1,
  "7d": 7,
  "30d": 30,
};

/** When a period starts; undefined for all time. */
export function periodStartMs(
  period: ReportPeriod,
  nowMs: number,
  calendar: Calendar,
): number | undefined {
  return period === "all" ? undefined : lastDays(DAYS[period], nowMs, calendar).startMs;
}

/** The usage in a period, grouped by one dimension. */
export function usageReport(data: UsageReportData, options: UsageReportOptions): UsageReport {
  const { table, prices, calendar, nowMs } = data;
  const fromMs = periodStartMs(options.period, nowMs, calendar);
  const query = fromMs === undefined ? {} : { fromMs };
  const groups = groupsOf(data, options.by, query);
  const isByTime = isTimeUnit(options.by);
  const shown = isByTime ? groups.slice(-options.limit) : groups.slice(0, options.limit);
  return {
    schemaVersion: 1,
    period: {
      name: options.period,
      fromMs: fromMs ?? null,
      untilMs: nowMs,
      timeZone: calendar.timeZone,
    },
    total: usageSum(usageOf(table, query, prices)),
    by: options.by,
    groups: shown,
    moreGroups: groups.length - shown.length,
    budgets: budgetStatuses(data.budgets ?? []),
    forecast: { ...rateStatus(data.rate), ...projectionStatus(data.projection) },
  };
}

function groupsOf(
  { table, prices, calendar, nowMs }: UsageReportData,
  by: ReportGrouping,
  query: { readonly fromMs?: number },
): readonly UsageGroup[] {
  if (isTimeUnit(by)) {
    return usageOverTime(table, { ...calendar, unit: by, nowMs }, query, prices)
      .buckets.filter(({ sum }) => !isEmpty(sum))
      .map(({ name, sum }) => ({ key: name, name, ...usageSum(sum) }));
  }
  const dimension: LedgerDimension = by === "server" ? "place" : by;
  const nameOf = namesOf(table, dimension);
  return usageBy(table, dimension, query, prices).map(({ key, sum }) => ({
    key,
    name: nameOf(key),
    ...usageSum(sum),
  }));
}

function isTimeUnit(by: ReportGrouping): by is TimeUnit {
  return by === "hour" || by === "day" || by === "week" || by === "month";
}

function isEmpty({ messages, alsoSpent, copied }: LedgerSum): boolean {
  return (
    messages === 0 &&
    tokensStatus(alsoSpent.tokens).totalTokens === 0 &&
    tokensStatus(copied.tokens).totalTokens === 0
  );
}

function usageSum(sum: LedgerSum): UsageSum {
  const gone = costStatus(sum.alsoSpent);
  return {
    messages: sum.messages,
    ...tokensStatus(sum.spent.tokens),
    ...costStatus(sum.spent),
    alsoSpentUSD: gone.cost,
    alsoSpentState: gone.costState,
  };
}

/** Display names for the groups of a dimension. */
function namesOf(table: LedgerTable, dimension: LedgerDimension): (key: string) => string {
  switch (dimension) {
    case "session":
    case "tree":
      return (key) => sessionIn(table, key)?.title ?? key;
    case "place": {
      const names = new Map(table.places.map(({ id, name }) => [id, name]));
      return (key) => names.get(key) ?? key;
    }
    case "project": {
      const directories = projectDirectories(table);
      return (key) => directories.get(key) ?? key;
    }
    case "origin":
      return (key) => (key === "child" ? "Sub-sessions" : "Sessions");
    case "model":
    case "agent":
      return (key) => key;
  }
}
