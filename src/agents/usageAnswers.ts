import { projectSpending, usageRate } from "../core/usage/forecast.ts";
import { ok, type Result } from "../core/result.ts";
import type { UsageReport } from "../core/agents/publicAPI.ts";
import { periodStartMs, usageReport, type UsageReportOptions } from "../core/usage/usageReport.ts";
import type { Budgets } from "./budgets.ts";
import type { Environment } from "./findServers.ts";
import { ownCalendar } from "./ownCalendar.ts";
import type { ServerReading } from "./serverReading.ts";
import { readLocalUsageTable, readUsageTable, type UsageTable } from "./usageTable.ts";

/** What has been used on a server, and by other servers on its database. */
export async function readUsageReport(
  reading: ServerReading,
  options: UsageReportOptions,
  budgets: Budgets,
): Promise<Result<UsageReport>> {
  const nowMs = Date.now();
  // A forecast looks back further than the period; a month is the most that is requested from a server.
  const monthMs = periodStartMs("30d", nowMs, ownCalendar());
  const fromMs = options.period === "all" ? undefined : monthMs;
  const read = await readUsageTable(reading, fromMs, new Set());
  return read.ok ? ok(reportOf(reading, read.value, budgets, nowMs, options)) : read;
}

/** The same from the database on this machine, for when no server is running; without the servers' list prices. */
export function readLocalUsageReport(
  environment: Environment,
  options: UsageReportOptions,
  budgets: Budgets,
): Result<UsageReport> {
  const read = readLocalUsageTable(environment);
  return read.ok ? ok(reportOf(undefined, read.value, budgets, Date.now(), options)) : read;
}

function reportOf(
  reading: ServerReading | undefined,
  read: UsageTable,
  budgets: Budgets,
  nowMs: number,
  options: UsageReportOptions,
): UsageReport {
  const { table } = read;
  const calendar = ownCalendar();
  const prices = budgets.prices(reading);
  return usageReport(
    {
      table,
      prices,
      calendar,
      nowMs,
      budgets: budgets.usesIn(reading, read, nowMs),
      rate: usageRate(table, nowMs, {}, prices),
      projection: projectSpending(table, nowMs, calendar, {}, prices),
    },
    options,
  );
}
