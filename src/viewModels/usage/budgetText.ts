import { plural, t } from "../../core/language.ts";
import type { Budget, BudgetPeriod, BudgetUse } from "../../core/usage/budget.ts";
import type { Currency } from "../../core/usage/currency.ts";
import { type LedgerTable, sessionIn } from "../../core/ledger/table.ts";
import { cleanTitle, formatPercent, formatTokens } from "../text/format.ts";
import { formatMoney } from "../text/money.ts";
import type { UsageNames } from "./usageNames.ts";

/** Looks up the names in a budget: titles of root sessions, names of projects and places. */
export interface BudgetNames {
  readonly titleOf: (sessionID: string) => string | undefined;
  readonly projectOf: (projectKey: string) => string | undefined;
  readonly placeOf: (placeID: string) => string | undefined;
}

/** Names from the ledger; undefined for anything it doesn't know. */
export function budgetNames(table: LedgerTable, names: UsageNames): BudgetNames {
  const isProject = (key: string): boolean => names.hint("project", key) !== "";
  return {
    titleOf: (id) => sessionIn(table, id)?.title,
    projectOf: (key) => (isProject(key) ? names.label("project", key) : undefined),
    placeOf: (id) => names.label("place", id),
  };
}

/** Name of a budget by its period, and the time it covers. */
export const BUDGET_PERIOD_WORDS: Readonly<
  Record<BudgetPeriod, { readonly name: string; readonly time: string }>
> = {
  hourly: { name: t("Hourly"), time: t("this hour") },
  daily: { name: t("Daily"), time: t("today") },
  weekly: { name: t("Weekly"), time: t("this week") },
  monthly: { name: t("Monthly"), time: t("this month") },
  session: { name: t("Session"), time: t("the session") },
};

/** What a budget is for: `today`, `this week in app`, `the session “Fix login” on box`. */
export function budgetSubject({ budget, treeID }: BudgetUse, names: BudgetNames): string {
  const title = treeID === undefined ? undefined : names.titleOf(treeID);
  return [
    BUDGET_PERIOD_WORDS[budget.period].time,
    title === undefined ? "" : ` “${cleanTitle(title, 40)}”`,
    budget.projectKey === undefined
      ? ""
      : t` in ${cleanTitle(names.projectOf(budget.projectKey) ?? budget.projectKey, 40)}`,
    budget.placeID === undefined
      ? ""
      : t` on ${cleanTitle(names.placeOf(budget.placeID) ?? budget.placeID, 40)}`,
  ].join("");
}

/** An amount in a budget's unit: `$8.20`, `450k tokens`. */
export function budgetAmount(amount: number, unit: Budget["unit"], currency: Currency): string {
  return unit === "tokens" ? t`${formatTokens(amount)} tokens` : formatMoney(amount, currency);
}

/** What a budget has used, marked like any cost: `~$8.20`, with `≥` if part of it has no price. */
export function budgetUsed(
  use: Pick<BudgetUse, "used" | "estimated" | "unpricedTokens">,
  unit: Budget["unit"],
  currency: Currency,
): string {
  if (unit === "tokens") return budgetAmount(use.used, unit, currency);
  const state = use.unpricedTokens > 0 ? "partial" : use.estimated > 0 ? "estimated" : "recorded";
  return formatMoney(use.used, currency, state);
}

/** Used against the limit: `$8.20 of $10.00`. */
export function budgetFigures(use: BudgetUse, currency: Currency): string {
  const { unit } = use.budget;
  const used = unit === "tokens" ? formatTokens(use.used) : budgetUsed(use, unit, currency);
  const over = use.overshoot > 0 ? t`, ${budgetAmount(use.overshoot, unit, currency)} over` : "";
  return t`${used} of ${budgetAmount(use.limit, unit, currency)}${over}`;
}

/** Which costs are in `used`; empty for a budget in tokens. */
export function budgetBasis(use: BudgetUse, currency: Currency): string {
  if (use.budget.unit === "tokens") return "";
  if (use.budget.counts === "recorded") return t("recorded cost only");
  return use.estimated > 0
    ? t`${formatMoney(use.estimated, currency)} of it estimated from list prices`
    : t("recorded cost");
}

/** A budget's percentage as a bar of ten: `▰▰▰▰▰▰▱▱▱▱`. Only full when the budget is used up. */
export function budgetBar(percent: number): string {
  const share = Math.max(0, Math.min(100, Number.isFinite(percent) ? percent : 0)) / 10;
  const filled = share > 0 && share < 1 ? 1 : Math.floor(share);
  return "▰".repeat(filled) + "▱".repeat(10 - filled);
}

/** What is left of the budget with the highest percentage, in short and in full; undefined without budgets. */
export function budgetHint(
  uses: readonly BudgetUse[],
  names: BudgetNames,
  currency: Currency,
): { readonly text: string; readonly tooltip: string } | undefined {
  const [use] = uses.toSorted((a, b) => b.percent - a.percent);
  if (use === undefined) return undefined;
  const { unit, period } = use.budget;
  const left = budgetAmount(Math.max(0, use.limit - use.used), unit, currency);
  const { time } = BUDGET_PERIOD_WORDS[period];
  return {
    text:
      use.used >= use.limit
        ? t`The budget for ${time} has been reached`
        : t`${left} left for ${time}`,
    tooltip: budgetWarning(use, names, currency),
  };
}

/** The message of a warning: `Budget for today: 82% used, $8.20 of $10.00 (recorded cost only).` */
export function budgetWarning(use: BudgetUse, names: BudgetNames, currency: Currency): string {
  const subject = budgetSubject(use, names);
  return t`Budget for ${subject}: ${formatPercent(use.percent)} used, ${figuresWithBasis(use, currency)}.`;
}

/**
 * The message when a budget is used up, with what is running. `stopped`: number of sessions stopped
 * automatically; without it, the message asks whether to stop them.
 */
export function budgetReached(
  use: BudgetUse,
  names: BudgetNames,
  currency: Currency,
  work: { readonly busySessions: number } | { readonly stopped: number },
): string {
  const what = t`The budget for ${budgetSubject(use, names)} has been reached: ${figuresWithBasis(use, currency)}.`;
  if ("stopped" in work)
    return t`${what} Stopped: ${plural(work.stopped, "{0} running session", "{0} running sessions")}.`;
  if (work.busySessions === 0) return t`${what} Nothing is running.`;
  return t`${what} ${plural(work.busySessions, "{0} session", "{0} sessions")} running: stop?`;
}

function figuresWithBasis(use: BudgetUse, currency: Currency): string {
  const basis = budgetBasis(use, currency);
  return basis === "" ? budgetFigures(use, currency) : `${budgetFigures(use, currency)} (${basis})`;
}
