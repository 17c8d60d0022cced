import { t } from "../../core/language.ts";
import type { BudgetUse } from "../../core/usage/budget.ts";
import {
  budgetReachedMs,
  type SpendProjection,
  type UsageRate,
} from "../../core/usage/forecast.ts";
import { projectionStatus, rateStatus } from "../../core/usage/forecastStatus.ts";
import type { LedgerTable } from "../../core/ledger/table.ts";
import {
  BUDGET_PERIOD_WORDS,
  budgetAmount,
  budgetNames,
  type BudgetNames,
  budgetUsed,
} from "./budgetText.ts";
import type { Currency } from "../../core/usage/currency.ts";
import type { Card, Cell } from "../cards/card.ts";
import { exact, figures, onlyInFile, percent, text, words } from "../cards/table.ts";
import { cleanTitle, formatPercent, formatRelativeTime, formatTokens } from "../text/format.ts";
import { formatMoney } from "../text/money.ts";
import { drillOf, type UsageDrill } from "./usageChoices.ts";
import { type CardContext, drillRequest } from "./usageMeasures.ts";
import type { UsageNames } from "./usageNames.ts";

export interface UsageBudget extends Omit<BudgetUse, "budget" | "treeID" | "startMs" | "endMs"> {
  /** Unique among the bars. */
  readonly id: string;
  readonly title: string;
  readonly unit: "USD" | "tokens";
  /** Whether only costs recorded by the servers count. */
  readonly isRecordedOnly: boolean;
  /** When its period ends; undefined for a session budget. */
  readonly endMs: number | undefined;
  /** When it will be used up at the current rate, if that is before its end. */
  readonly reachedMs: number | undefined;
  readonly drill: UsageDrill;
}

/** What is likely to be spent; `rate` is undefined if too little is known. */
export interface UsageForecast {
  readonly rate: UsageRate | undefined;
  readonly projection: SpendProjection;
}

/** Maximum trees shown for a session budget. */
const MOST_TREES = 5;

/** The budgets in their order; for a session budget, only the trees that used most of it. */
export function usageBudgets(
  uses: readonly BudgetUse[],
  rate: UsageRate | undefined,
  nowMs: number,
  table: LedgerTable,
  names: UsageNames,
): readonly UsageBudget[] {
  const trees = new Map<string, number>();
  return uses.flatMap((use) => {
    const { budget, treeID, startMs, endMs, ...figures } = use;
    if (treeID !== undefined) {
      const shown = trees.get(budget.id) ?? 0;
      if (shown >= MOST_TREES) return [];
      trees.set(budget.id, shown + 1);
    }
    const title = titleOf(use, budgetNames(table, names));
    return [
      {
        ...figures,
        id: JSON.stringify([budget.id, treeID ?? ""]),
        title,
        unit: budget.unit,
        isRecordedOnly: budget.unit === "USD" && budget.counts === "recorded",
        endMs: Number.isFinite(endMs) ? endMs : undefined,
        reachedMs: budgetReachedMs(use, { all: rate }, nowMs),
        drill: drillOf("budgets", title, {
          ...(treeID === undefined && Number.isFinite(endMs)
            ? { fromMs: startMs, untilMs: endMs }
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

/** Budgets as bars, and the forecast. */
export function budgetsCard(
  budgets: readonly UsageBudget[],
  forecast: UsageForecast,
  nowMs: number,
  context: CardContext,
): Card {
  const { currency } = context;
  const hasBudgets = budgets.length > 0;
  const figuresOf = (budget: UsageBudget): string =>
    t`${budgetUsed(budget, budget.unit, currency)} of ${budgetAmount(budget.limit, budget.unit, currency)}`;
  return {
    id: "budgets",
    title: t("Budgets and forecast"),
    subtitle: "",
    columns: 6,
    label: "",
    empty: hasBudgets ? undefined : t("No budgets are set"),
    drawing: {
      kind: "meters",
      meters: budgets.map((budget) => ({
        id: budget.id,
        title: budget.title,
        figures: `${figuresOf(budget)} · ${formatPercent(budget.percent)}`,
        detail: budgetWords(budget, currency, nowMs).join(" · "),
        hint: t`Show the sessions behind “${budget.title}”`,
        percent: budget.percent,
        ask: drillRequest(budget.drill, context),
      })),
      lines: forecastLines(forecast, currency),
    },
    table: {
      title: t("Budgets"),
      columns: [
        words(t("Budget"), "budget"),
        figures(t("Used"), "used"),
        figures(t("Limit"), "limit"),
        ...onlyInFile("unit"),
        figures(t("Percent"), "percent"),
        figures(t("Over the limit"), "overshoot"),
        ...onlyInFile("estimated_usd", "unpriced_tokens"),
      ],
      rows: budgets.map((budget) => {
        const amount = (value: number): Cell => ({
          text: budgetAmount(value, budget.unit, currency),
          value,
        });
        return {
          cells: [
            { ...text(budget.title), ask: drillRequest(budget.drill, context) },
            { text: budgetUsed(budget, budget.unit, currency), value: writtenUse(budget) },
            amount(budget.limit),
            exact(budget.unit),
            percent(budget.percent),
            budget.overshoot > 0 ? amount(budget.overshoot) : { text: "", value: 0 },
            exact(writtenUse(budget) === undefined ? undefined : budget.estimated),
            exact(budget.unpricedTokens),
          ],
        };
      }),
    },
    controls: [
      {
        kind: "button",
        label: t("Set Budgets…"),
        hint: t("Set budgets in the settings"),
        look: "icon",
        ask: { type: "openSetting", setting: "budgets" },
      },
    ],
  };
}

/** What a budget has used, for exports: undefined, never 0, if none of it has a price. */
function writtenUse({ unit, used, unpricedTokens }: UsageBudget): number | undefined {
  return unit === "USD" && used === 0 && unpricedTokens > 0 ? undefined : used;
}

function budgetWords(
  { overshoot, unit, reachedMs, endMs, estimated, unpricedTokens, isRecordedOnly }: UsageBudget,
  currency: Currency,
  nowMs: number,
): readonly string[] {
  return [
    overshoot > 0 ? t`${budgetAmount(overshoot, unit, currency)} over the limit` : "",
    reachedMs === undefined
      ? ""
      : t`reached in about ${aheadText(reachedMs, nowMs)} at the current rate`,
    endMs === undefined ? "" : t`ends in ${aheadText(endMs, nowMs)}`,
    estimated > 0 ? t`${formatMoney(estimated, currency, "estimated")} from list prices` : "",
    isRecordedOnly ? t("recorded cost only") : "",
    unpricedTokens > 0 ? t`${formatTokens(unpricedTokens)} tokens without a price` : "",
  ].filter((word) => word !== "");
}

/** Time until a moment, in one unit: more would suggest a precision that isn't there. */
function aheadText(ms: number, nowMs: number): string {
  return ms - nowMs < 60_000 ? t("a minute") : formatRelativeTime(nowMs, ms);
}

/** The forecast in words; empty if too little is known. */
export function forecastLines(
  { rate, projection }: UsageForecast,
  currency: Currency,
): readonly string[] {
  const lines: string[] = [];
  if (rate !== undefined) {
    const { usdPerHour, tokensPerMinute, costState } = rate;
    const cost = usdPerHour > 0 ? t`${formatMoney(usdPerHour, currency, costState)} an hour, ` : "";
    lines.push(t`Now: ${cost}${formatTokens(tokensPerMinute)} tokens a minute (last 15 minutes)`);
  }
  const projected = projectionLines(projection, currency);
  if (projected.length > 0) lines.push(...projected, t("Projected from the last 28 days"));
  return lines;
}

/** The projected cost of the day and the month, each amount marked by its own cost state. */
export function projectionLines(
  projection: SpendProjection,
  currency: Currency,
): readonly string[] {
  const { todayUSD, todayState, endOfDayUSD, endOfDayState } = projection;
  const { monthUSD, monthState, endOfMonthUSD, endOfMonthState } = projection;
  return (
    [
      [t("Today"), todayUSD, todayState, endOfDayUSD, endOfDayState, "day"],
      [t("This month"), monthUSD, monthState, endOfMonthUSD, endOfMonthState, "month"],
    ] as const
  ).flatMap(([name, usd, state, endUSD, endState, end]) => {
    if (endUSD === undefined) return [];
    const money = formatMoney(usd, currency, state);
    const endMoney = formatMoney(endUSD, currency, endState);
    return [
      end === "day"
        ? t`${name}: ${money} so far, projected ${endMoney} by end of day`
        : t`${name}: ${money} so far, projected ${endMoney} by end of month`,
    ];
  });
}

export function budgetsJSON(budgets: readonly UsageBudget[]): object {
  return budgets.map((budget) => {
    const { title, unit, limit, overshoot, estimated, unpricedTokens } = budget;
    const used = writtenUse(budget);
    return {
      title,
      unit,
      used: used ?? null,
      limit,
      percent: budget.percent,
      overshoot,
      estimatedUSD: used === undefined ? null : estimated,
      unpricedTokens,
    };
  });
}

/** The forecast in the JSON export, null if too little is known. */
export function forecastJSON({ rate, projection }: UsageForecast): object {
  return {
    ...rateStatus(rate),
    todayUSD: projection.todayState === "unpriced" ? null : projection.todayUSD,
    todayState: projection.todayState,
    monthUSD: projection.monthState === "unpriced" ? null : projection.monthUSD,
    monthState: projection.monthState,
    ...projectionStatus(projection),
  };
}
