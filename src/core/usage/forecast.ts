import type { Budget, BudgetUse } from "./budget.ts";
import { compileQuery, type LedgerQuery, type PriceTable } from "../ledger/ledgerQuery.ts";
import { type LedgerView, viewLedger } from "../ledger/ledgerView.ts";
import type { Turn } from "../ledger/sessionTurns.ts";
import { sumRows } from "../ledger/sumRows.ts";
import type { LedgerTable } from "../ledger/table.ts";
import {
  bucketAt,
  bucketIndex,
  type Calendar,
  startsOf,
  timeBuckets,
} from "../ledger/timeBuckets.ts";
import {
  addUsage,
  type CostState,
  costState,
  NO_USAGE,
  totalTokens,
  totalUSD,
  type Usage,
} from "./usage.ts";

/*
 * Forecasts from past usage. With too little data there is no forecast at all; each function documents how much
 * it needs.
 */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** The time window for the rate. */
export const RATE_WINDOW_MS = 15 * MINUTE_MS;
/** There is no rate with fewer answers in the window, or if the first is less than a minute old. */
export const MIN_ANSWERS = 3;
const MIN_ELAPSED_MS = MINUTE_MS;

/** The current rate of usage. */
export interface UsageRate {
  /** Recorded and estimated cost. */
  readonly usdPerHour: number;
  /** Recorded cost only. */
  readonly recordedUSDPerHour: number;
  /** How reliable the cost is: that of the answers it is based on. */
  readonly costState: CostState;
  /** Billed tokens of all five kinds. */
  readonly tokensPerMinute: number;
  /** Number of answers it is based on. */
  readonly answers: number;
}

/**
 * Cost and token rates from the first answer in the last 15 minutes until now. The first answer is that of the whole
 * table, not just of the query, so that no part is faster than the whole. Undefined if fewer than three answers in
 * that time match the query, or if the first is less than a minute old.
 */
export function usageRate(
  table: LedgerTable,
  nowMs: number,
  query: Omit<LedgerQuery, "fromMs" | "untilMs">,
  prices: PriceTable,
): UsageRate | undefined {
  const view = viewLedger(table);
  const fromMs = nowMs - RATE_WINDOW_MS;
  const filter = compileQuery(view, { ...query, fromMs, untilMs: nowMs + 1 });
  const sums = sumRows(view, filter, prices, 1, (row) => (view.isCopy[row] === 1 ? -1 : 0));
  const { messages, spent, alsoSpent } = sums.sum(0);
  const elapsedMs = nowMs - firstAnswerMs(view, fromMs, nowMs);
  if (messages < MIN_ANSWERS || elapsedMs < MIN_ELAPSED_MS) return undefined;
  const used = addUsage(spent, alsoSpent);
  return {
    usdPerHour: (totalUSD(used) / elapsedMs) * HOUR_MS,
    recordedUSDPerHour: (used.recordedUSD / elapsedMs) * HOUR_MS,
    costState: costState(used),
    tokensPerMinute: (totalTokens(used.tokens) / elapsedMs) * MINUTE_MS,
    answers: messages,
  };
}

/** When the first answer since `fromMs` was created; `nowMs` if there was none. */
function firstAnswerMs({ table, isCopy }: LedgerView, fromMs: number, nowMs: number): number {
  let firstMs = nowMs;
  for (let row = 0; row < table.length; row++) {
    const createdMs = table.createdMs[row] ?? 0;
    if (createdMs >= fromMs && createdMs < firstMs && isCopy[row] !== 1) firstMs = createdMs;
  }
  return firstMs;
}

/** The most turns whose growth is considered, and the fewest needed for a forecast. */
const MAX_GROWTHS = 8;
const MIN_GROWTHS = 3;

/**
 * Turns until the context is full, at the mean growth of the last turns (at most eight, only since the last
 * compaction). Undefined without a limit, with fewer than three such growths, or if it isn't growing.
 */
export function turnsUntilFull(
  turns: readonly Turn[],
  contextLimit: number | undefined,
): number | undefined {
  if (contextLimit === undefined || contextLimit <= 0) return undefined;
  const ended = turns.filter(
    ({ isEnded, contextTokens }) => isEnded && contextTokens !== undefined,
  );
  const sinceCompaction = ended.slice(ended.findLastIndex(({ isCompacted }) => isCompacted) + 1);
  const contexts = sinceCompaction
    .map(({ contextTokens }) => contextTokens ?? 0)
    .slice(-(MAX_GROWTHS + 1));
  const first = contexts[0];
  const last = contexts.at(-1);
  const growths = contexts.length - 1;
  if (first === undefined || last === undefined || growths < MIN_GROWTHS) return undefined;
  const growth = (last - first) / growths;
  if (growth <= 0) return undefined;
  return Math.max(0, Math.floor((contextLimit - last) / growth));
}

/** The rates that apply to budgets. */
export interface BudgetRates {
  /** All usage together. */
  readonly all: UsageRate | undefined;
  /** The session tree of the session budgets, if they all belong to one tree. */
  readonly tree?: UsageRate | undefined;
}

/**
 * When a budget will be used up at the current rate: the tree's rate for a session budget, otherwise the overall
 * rate, which says nothing about a budget for a project or server. Undefined without a rate, if it is already used
 * up, and if its period ends first.
 */
export function budgetReachedMs(
  use: BudgetUse,
  rates: BudgetRates,
  nowMs: number,
): number | undefined {
  const rate =
    use.treeID !== undefined ? rates.tree : isOfEverything(use.budget) ? rates.all : undefined;
  if (rate === undefined || use.percent >= 100) return undefined;
  const { unit, counts } = use.budget;
  const usdPerHour = counts === "recorded" ? rate.recordedUSDPerHour : rate.usdPerHour;
  const perMs = unit === "tokens" ? rate.tokensPerMinute / MINUTE_MS : usdPerHour / HOUR_MS;
  if (!(perMs > 0)) return undefined;
  const atMs = nowMs + (use.limit - use.used) / perMs;
  return atMs < use.endMs ? atMs : undefined;
}

function isOfEverything({ period, projectKey, placeID }: Budget): boolean {
  return period !== "session" && projectKey === undefined && placeID === undefined;
}

/** Spending so far, and projected to the end of the day and month, in US dollars. */
export interface SpendProjection {
  readonly todayUSD: number;
  /** How reliable each amount is: that of the costs it is made of. */
  readonly todayState: CostState;
  readonly endOfDayUSD: number | undefined;
  readonly endOfDayState: CostState;
  readonly monthUSD: number;
  readonly monthState: CostState;
  readonly endOfMonthUSD: number | undefined;
  readonly endOfMonthState: CostState;
}

/** Days to look back for a typical day, and the fewest with usage that are needed. */
const LOOK_BACK_DAYS = 28;
const MIN_DAYS = 3;
/** How far the ledger must reach back to project a month. */
const FEWEST_HISTORY_DAYS = 7;

/**
 * Projects spending from the last 28 days. For the rest of today it adds the mean cost after this time of day, over
 * days with usage; undefined if there is no usage today, or fewer than three days had any. For the rest of the
 * month it adds that and, for each further day, the mean of all days, including idle ones; undefined if the ledger
 * reaches back less than seven days.
 */
export function projectSpending(
  table: LedgerTable,
  nowMs: number,
  calendar: Calendar,
  query: Omit<LedgerQuery, "fromMs" | "untilMs">,
  prices: PriceTable,
): SpendProjection {
  const view = viewLedger(table);
  const today = bucketAt("day", nowMs, calendar);
  const month = bucketAt("month", nowMs, calendar);
  const days = timeBuckets(
    "day",
    Math.min(today.startMs - LOOK_BACK_DAYS * DAY_MS + 2 * HOUR_MS, month.startMs),
    nowMs + 1,
    calendar,
  );
  const starts = startsOf(days);
  const elapsedMs = nowMs - today.startMs;
  let firstMs = nowMs;
  // Two sums per day: up to this time of day, and after it.
  const sums = sumRows(view, compileQuery(view, query), prices, days.length * 2, (row) => {
    const createdMs = table.createdMs[row] ?? 0;
    if (createdMs > 0 && createdMs < firstMs) firstMs = createdMs;
    const day = createdMs > nowMs ? -1 : bucketIndex(starts, createdMs);
    if (day < 0) return -1;
    return day * 2 + (createdMs - (starts[day] ?? 0) > elapsedMs ? 1 : 0);
  });
  const usageOf = (group: number): Usage => {
    const { spent, alsoSpent } = sums.sum(group);
    return addUsage(spent, alsoSpent);
  };
  const spendings = days.map(({ startMs }, day) => {
    const after = usageOf(day * 2 + 1);
    const usage = addUsage(usageOf(day * 2), after);
    return { startMs, usage, after, all: totalUSD(usage) };
  });
  const todayUsage = spendings.at(-1)?.usage ?? NO_USAGE;
  const monthUsage = sumOf(
    spendings.filter(({ startMs }) => startMs >= month.startMs).map(({ usage }) => usage),
  );
  const todayUSD = totalUSD(todayUsage);
  const monthUSD = totalUSD(monthUsage);

  const before = spendings.slice(0, -1).slice(-LOOK_BACK_DAYS);
  const used = before.filter(({ all }) => all > 0);
  const rest = meanOf(used.map(({ after }) => totalUSD(after)));
  const endOfDayUSD = todayUSD > 0 && used.length >= MIN_DAYS ? todayUSD + rest : undefined;

  const historyDays = Math.floor((today.startMs - firstMs) / DAY_MS) + 1;
  const known = before.slice(-Math.max(0, historyDays));
  const daysLeft = Math.round((month.endMs - today.endMs) / DAY_MS);
  const endOfMonthUSD =
    historyDays < FEWEST_HISTORY_DAYS
      ? undefined
      : monthUSD +
        (endOfDayUSD === undefined ? 0 : endOfDayUSD - todayUSD) +
        daysLeft * meanOf(known.map(({ all }) => all));
  const dayBasis = sumOf([todayUsage, ...used.map(({ after }) => after)]);
  const monthBasis = sumOf([monthUsage, dayBasis, ...known.map(({ usage }) => usage)]);
  return {
    todayUSD,
    todayState: costState(todayUsage),
    endOfDayUSD,
    endOfDayState: costState(dayBasis),
    monthUSD,
    monthState: costState(monthUsage),
    endOfMonthUSD,
    endOfMonthState: costState(monthBasis),
  };
}

function sumOf(usages: readonly Usage[]): Usage {
  return usages.reduce(addUsage, NO_USAGE);
}

function meanOf(amounts: readonly number[]): number {
  return amounts.length === 0 ? 0 : amounts.reduce((sum, one) => sum + one, 0) / amounts.length;
}
