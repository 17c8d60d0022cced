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
 * What is likely to come, from what has been. Too little data gives no forecast at all; each function says
 * what too little is.
 */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** The time over which the rate is taken. */
export const RATE_WINDOW_MS = 15 * MINUTE_MS;
/** Fewer answers in the window, or a first one younger than a minute, give no rate. */
export const FEWEST_ANSWERS = 3;
const SHORTEST_MS = MINUTE_MS;

/** How fast something is used up now. */
export interface UsageRate {
  /** Recorded and estimated cost. */
  readonly usdPerHour: number;
  /** Recorded cost alone. */
  readonly recordedUSDPerHour: number;
  /** How far the cost can be trusted: as that of the answers it is taken from. */
  readonly costState: CostState;
  /** Billed tokens of all five kinds. */
  readonly tokensPerMinute: number;
  /** Answers it is taken from. */
  readonly answers: number;
}

/**
 * Cost and tokens per time over the last 15 minutes, from the first answer in them until now: the first in the whole table,
 * whatever part of it is asked for, so that no part is faster than the whole. Undefined with fewer than three answers of
 * that part in that time, or when the first is less than a minute old.
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
  if (messages < FEWEST_ANSWERS || elapsedMs < SHORTEST_MS) return undefined;
  const used = addUsage(spent, alsoSpent);
  return {
    usdPerHour: (totalUSD(used) / elapsedMs) * HOUR_MS,
    recordedUSDPerHour: (used.recordedUSD / elapsedMs) * HOUR_MS,
    costState: costState(used),
    tokensPerMinute: (totalTokens(used.tokens) / elapsedMs) * MINUTE_MS,
    answers: messages,
  };
}

/** When the first answer since a time was made; now, where there was none. */
function firstAnswerMs({ table, isCopy }: LedgerView, fromMs: number, nowMs: number): number {
  let firstMs = nowMs;
  for (let row = 0; row < table.length; row++) {
    const createdMs = table.createdMs[row] ?? 0;
    if (createdMs >= fromMs && createdMs < firstMs && isCopy[row] !== 1) firstMs = createdMs;
  }
  return firstMs;
}

/** Turns of growth that are looked at, and the fewest that give a forecast. */
const MOST_GROWTHS = 8;
const FEWEST_GROWTHS = 3;

/**
 * Turns until the context is full, at the mean growth of the last turns (at most eight, none from before a
 * compaction). Undefined without a limit, with fewer than three such growths, or when it does not grow.
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
    .slice(-(MOST_GROWTHS + 1));
  const first = contexts[0];
  const last = contexts.at(-1);
  const growths = contexts.length - 1;
  if (first === undefined || last === undefined || growths < FEWEST_GROWTHS) return undefined;
  const growth = (last - first) / growths;
  if (growth <= 0) return undefined;
  return Math.max(0, Math.floor((contextLimit - last) / growth));
}

/** The rates at which budgets are used up. */
export interface BudgetRates {
  /** Of everything together. */
  readonly all: UsageRate | undefined;
  /** Of the session tree that budgets for sessions are of, where they are all of one. */
  readonly tree?: UsageRate | undefined;
}

/**
 * When a budget will be used up at the present rate: one for sessions by its own tree, any other by everything
 * together, which says nothing of one for a project or a server. Undefined without a rate, when it is used up
 * already, and when its period ends before.
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

/** What a day and a month will have cost when they end, in US dollars. */
export interface SpendProjection {
  readonly todayUSD: number;
  /** How far each amount can be trusted: as the costs it is made of. */
  readonly todayState: CostState;
  readonly endOfDayUSD: number | undefined;
  readonly endOfDayState: CostState;
  readonly monthUSD: number;
  readonly monthState: CostState;
  readonly endOfMonthUSD: number | undefined;
  readonly endOfMonthState: CostState;
}

/** Days looked back on for what a day is like, and the fewest with usage that tell. */
const LOOK_BACK_DAYS = 28;
const FEWEST_DAYS = 3;
/** The ledger must reach back so far for a month to be projected. */
const FEWEST_HISTORY_DAYS = 7;

/**
 * Projects from the last 28 days. The rest of today is the mean of what days with usage still cost after this
 * time of day; a day without any usage so far is not projected, nor is one when fewer than three days had
 * usage. The rest of the month is that, and for each further day the mean of all days, idle ones included;
 * undefined when the ledger reaches back less than seven days.
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
  // Two sums for each day: until this time of day, and after it.
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
  const endOfDayUSD = todayUSD > 0 && used.length >= FEWEST_DAYS ? todayUSD + rest : undefined;

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
