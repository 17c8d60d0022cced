import { usageRate, projectSpending } from "../core/forecast.ts";
import type { LedgerTable } from "../core/ledger/table.ts";
import type { PriceTable } from "../core/ledger/ledgerQuery.ts";
import type { Calendar } from "../core/ledger/timeBuckets.ts";
import { ok, type Result } from "../core/result.ts";
import {
  periodStartMs,
  usageReport,
  type UsageReport,
  type UsageReportOptions,
} from "../core/usageReport.ts";
import type { Budgets } from "./budgets.ts";
import type { Environment } from "./findServers.ts";
import type { ServerReading } from "./serverReading.ts";
import { readLocalUsageTable, readUsageTable } from "./usageTable.ts";

/** This machine's time zone: where days and hours begin. */
export function ownCalendar(): Calendar {
  return { timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone };
}

/** What has been used on a server, and by other servers on its database. */
export async function readUsageReport(
  reading: ServerReading,
  options: UsageReportOptions,
  budgets: Budgets,
): Promise<Result<UsageReport>> {
  const nowMs = Date.now();
  const calendar = ownCalendar();
  const read = await readUsageTable(reading, periodStartMs(options.period, nowMs, calendar));
  if (!read.ok) return read;
  return ok(reportOf(read.value.table, budgets.prices(reading), calendar, nowMs, options));
}

/** The same from the database of this machine, for when no server runs; without list prices, which servers tell. */
export async function readLocalUsageReport(
  environment: Environment,
  options: UsageReportOptions,
): Promise<Result<UsageReport>> {
  const read = await readLocalUsageTable(environment);
  if (!read.ok) return read;
  return ok(reportOf(read.value.table, new Map(), ownCalendar(), Date.now(), options));
}

function reportOf(
  table: LedgerTable,
  prices: PriceTable,
  calendar: Calendar,
  nowMs: number,
  options: UsageReportOptions,
): UsageReport {
  return usageReport(
    {
      table,
      prices,
      calendar,
      nowMs,
      rate: usageRate(table, nowMs, {}, prices),
      projection: projectSpending(table, nowMs, calendar, {}, prices),
    },
    options,
  );
}
