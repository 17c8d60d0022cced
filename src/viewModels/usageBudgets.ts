import type { BudgetUse } from "../core/budget.ts";
import { budgetReachedMs, type SpendProjection, type UsageRate } from "../core/forecast.ts";
import type { LedgerTable } from "../core/ledger/table.ts";
import { BUDGET_PERIOD_WORDS, budgetNames, type BudgetNames } from "./budgetText.ts";
import { cleanTitle } from "./format.ts";
import { drillOf, type UsageDrill } from "./usageChoices.ts";
import type { UsageNames } from "./usageNames.ts";

/** A budget as a bar. */
export interface UsageBudget {
  /** Unique among the bars. */
  readonly id: string;
  readonly title: string;
  readonly unit: "USD" | "tokens";
  readonly used: number;
  readonly limit: number;
  /** Unrounded; above 100 when overdrawn. */
  readonly percent: number;
  readonly overshoot: number;
  /** Part of `used` that is from list prices, and tokens that are in no amount. */
  readonly estimated: number;
  readonly unpricedTokens: number;
  /** Only costs the servers recorded count. */
  readonly isRecordedOnly: boolean;
  /** When its period ends; undefined for a session's. */
  readonly endMs: number | undefined;
  /** When it is used up at the present rate, where that is before its end. */
  readonly reachedMs: number | undefined;
  readonly drill: UsageDrill;
}

/** What is likely to come. Each figure is undefined where too little is known. */
export interface UsageForecast {
  readonly usdPerHour: number | undefined;
  readonly tokensPerMinute: number | undefined;
  readonly todayUSD: number;
  readonly endOfDayUSD: number | undefined;
  readonly monthUSD: number;
  readonly endOfMonthUSD: number | undefined;
}

/** Most trees shown of a budget for sessions. */
const MOST_TREES = 5;

/** The budgets in their order; of one for session trees the ones used most. */
export function usageBudgets(
  uses: readonly BudgetUse[],
  rate: UsageRate | undefined,
  nowMs: number,
  table: LedgerTable,
  names: UsageNames,
): readonly UsageBudget[] {
  const trees = new Map<string, number>();
  return uses.flatMap((use) => {
    const { budget, treeID } = use;
    if (treeID !== undefined) {
      const shown = trees.get(budget.id) ?? 0;
      if (shown >= MOST_TREES) return [];
      trees.set(budget.id, shown + 1);
    }
    const title = titleOf(use, budgetNames(table, names));
    return [
      {
        id: JSON.stringify([budget.id, treeID ?? ""]),
        title,
        unit: budget.unit,
        used: use.used,
        limit: use.limit,
        percent: use.percent,
        overshoot: use.overshoot,
        estimated: use.estimated,
        unpricedTokens: use.unpricedTokens,
        isRecordedOnly: budget.unit === "USD" && budget.counts === "recorded",
        endMs: Number.isFinite(use.endMs) ? use.endMs : undefined,
        reachedMs: budgetReachedMs(use, { all: rate }, nowMs),
        drill: drillOf("budgets", title, {
          ...(treeID === undefined && Number.isFinite(use.endMs)
            ? { fromMs: use.startMs, untilMs: use.endMs }
            : {}),
          treeID,
          projectKey: budget.projectKey,
          placeID: budget.placeID,
        }),
      },
    ];
  });
}

function titleOf({ budget, treeID }: BudgetUse, names: BudgetNames): string {
  const { period, projectKey, placeID } = budget;
  const title = treeID === undefined ? undefined : names.titleOf(treeID);
  const { name, time } = BUDGET_PERIOD_WORDS[period];
  const parts = [
    title !== undefined
      ? cleanTitle(title, 80)
      : period === "session"
        ? name
        : `${time.slice(0, 1).toUpperCase()}${time.slice(1)}`,
    projectKey === undefined ? "" : cleanTitle(names.projectOf(projectKey) ?? projectKey, 60),
    placeID === undefined ? "" : (names.placeOf(placeID) ?? placeID),
  ];
  return parts.filter((part) => part !== "").join(" · ");
}

export function usageForecast(
  rate: UsageRate | undefined,
  projection: SpendProjection,
): UsageForecast {
  return {
    usdPerHour: rate?.usdPerHour,
    tokensPerMinute: rate?.tokensPerMinute,
    todayUSD: projection.todayUSD,
    endOfDayUSD: projection.endOfDayUSD,
    monthUSD: projection.monthUSD,
    endOfMonthUSD: projection.endOfMonthUSD,
  };
}
