import { ExactUSD } from "./exactUSD.ts";
import type { LedgerQuery, PriceTable } from "../ledger/ledgerQuery.ts";
import type { LedgerTable } from "../ledger/table.ts";
import { bucketAt, type Calendar, type TimeUnit } from "../ledger/timeBuckets.ts";
import type { LedgerSum } from "../ledger/ledgerSum.ts";
import { usageBy, usageOf } from "../ledger/usageBy.ts";
import { totalTokens, type Usage } from "./usage.ts";

/** The period a budget covers; `session`: one session's whole tree, regardless of time. */
export type BudgetPeriod = "hourly" | "daily" | "weekly" | "monthly" | "session";

export const BUDGET_PERIODS = ["hourly", "daily", "weekly", "monthly", "session"] as const;

/** A limit on usage, set by the user. */
export interface Budget {
  /** Unaffected by changes of the limit. */
  readonly id: string;
  readonly period: BudgetPeriod;
  /** > 0, in `unit`. */
  readonly limit: number;
  readonly unit: "USD" | "tokens";
  /** For USD: count only costs recorded by the servers, or also estimates from list prices. */
  readonly counts: "recorded" | "estimated";
  /** The scope, as in `LedgerQuery`; without either, the budget covers all usage. */
  readonly projectKey?: string;
  readonly placeID?: string;
}

/** How far a budget is used up. */
export interface BudgetUse {
  readonly budget: Budget;
  /** The root session of a session budget; undefined for other budgets. */
  readonly treeID: string | undefined;
  /** The current period; 0 to Infinity for a session budget. */
  readonly startMs: number;
  readonly endMs: number;
  /**
   * In the budget's unit. Includes usage that servers have deleted or reverted, but not copies made by forks.
   */
  readonly used: number;
  readonly limit: number;
  /** `used / limit * 100`, unrounded; above 100 when overdrawn. */
  readonly percent: number;
  /** Usage beyond the limit: a step's cost is only known once it has ended. */
  readonly overshoot: number;
  /** The part of `used` estimated from list prices. */
  readonly estimated: number;
  /** Tokens without a known price, missing from the amounts: if > 0, `used` is a lower bound. */
  readonly unpricedTokens: number;
}

const UNITS: Readonly<Record<Exclude<BudgetPeriod, "session">, TimeUnit>> = {
  hourly: "hour",
  daily: "day",
  weekly: "week",
  monthly: "month",
};

export interface BudgetContext {
  readonly table: LedgerTable;
  readonly prices: PriceTable;
  readonly calendar: Calendar;
  /** Local clock. */
  readonly nowMs: number;
}

/**
 * How far a budget is used up now. `treeID` is the root session for a session budget; without it, nothing counts
 * as used.
 */
export function budgetUse(context: BudgetContext, budget: Budget, treeID?: string): BudgetUse {
  const { table, prices, calendar, nowMs } = context;
  const isSession = budget.period === "session";
  const { startMs, endMs } =
    budget.period === "session"
      ? { startMs: 0, endMs: Infinity }
      : bucketAt(UNITS[budget.period], nowMs, calendar);
  const query: LedgerQuery = {
    ...(isSession
      ? { treeIDs: new Set(treeID === undefined ? [] : [treeID]) }
      : { fromMs: startMs, untilMs: endMs }),
    ...(budget.projectKey === undefined ? {} : { projectKeys: new Set([budget.projectKey]) }),
    ...(budget.placeID === undefined ? {} : { placeIDs: new Set([budget.placeID]) }),
  };
  const sum = usageOf(table, query, prices);
  return useOf(budget, sum, isSession ? treeID : undefined, { startMs, endMs });
}

/** How far each of these trees uses up a session budget, in one pass; trees outside its scope are omitted. */
export function treeBudgetUses(
  { table, prices }: Pick<BudgetContext, "table" | "prices">,
  budget: Budget,
  treeIDs: ReadonlySet<string>,
): BudgetUse[] {
  const { projectKey, placeID } = budget;
  const query: LedgerQuery = {
    treeIDs,
    ...(projectKey === undefined ? {} : { projectKeys: new Set([projectKey]) }),
    ...(placeID === undefined ? {} : { placeIDs: new Set([placeID]) }),
  };
  return usageBy(table, "tree", query, prices)
    .map(({ key, sum }) => useOf(budget, sum, key, { startMs: 0, endMs: Infinity }))
    .sort((a, b) => b.percent - a.percent);
}

function useOf(
  budget: Budget,
  { spent, alsoSpent }: LedgerSum,
  treeID: string | undefined,
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
): BudgetUse {
  const { used, estimated, unpricedTokens } = amountOf(budget, [spent, alsoSpent]);
  return {
    budget,
    treeID,
    startMs,
    endMs,
    used,
    limit: budget.limit,
    percent: (used / budget.limit) * 100,
    overshoot: Math.max(0, used - budget.limit),
    estimated,
    unpricedTokens,
  };
}

function amountOf(
  { unit, counts }: Budget,
  usages: readonly Usage[],
): Pick<BudgetUse, "used" | "estimated" | "unpricedTokens"> {
  const sumOf = (amount: (usage: Usage) => number): number =>
    usages.reduce((sum, usage) => sum + amount(usage), 0);
  if (unit === "tokens") {
    return { used: sumOf((usage) => totalTokens(usage.tokens)), estimated: 0, unpricedTokens: 0 };
  }
  const used = new ExactUSD();
  const estimated = new ExactUSD();
  for (const usage of usages) {
    used.add(usage.recordedUSD);
    if (counts === "recorded") continue;
    used.add(usage.estimatedUSD);
    estimated.add(usage.estimatedUSD);
  }
  return {
    used: used.usd,
    estimated: estimated.usd,
    unpricedTokens: sumOf((usage) => usage.unpricedTokens),
  };
}

/** Whether a session is in a budget's scope: its project and place, if the budget names them. */
export function isBudgetFor(
  budget: Budget,
  session: { readonly projectKey: string; readonly placeID: string },
): boolean {
  return (
    (budget.projectKey === undefined || budget.projectKey === session.projectKey) &&
    (budget.placeID === undefined || budget.placeID === session.placeID)
  );
}
