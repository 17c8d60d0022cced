import type { BudgetUse } from "../core/budget.ts";
import { budgetReachedMs, turnsUntilFull, type UsageRate } from "../core/forecast.ts";
import type { LedgerSum } from "../core/ledger/ledgerSum.ts";
import type { Turn } from "../core/ledger/sessionTurns.ts";
import { totalUSD } from "../core/usage.ts";
import type { UsageSnapshot } from "../core/usageSource.ts";
import {
  BUDGET_PERIOD_WORDS,
  budgetBar,
  budgetBasis,
  budgetFigures,
  type BudgetNames,
  budgetSubject,
} from "./budgetText.ts";
import { formatDuration, formatPercent, formatTimeOfDay, formatTokens } from "./format.ts";
import { escapeMarkdown } from "./markdown.ts";
import { formatMoney } from "./money.ts";
import { plural, SEPARATOR } from "./sessionFigures.ts";

export interface UsageTooltip {
  readonly snapshot: Pick<
    UsageSnapshot,
    "budgets" | "currency" | "rate" | "projection" | "fill" | "nowMs"
  >;
  readonly names: BudgetNames;
  /** The active session: its tree's sum, its budgets, its turns and its context window. */
  readonly session:
    | {
        readonly tree: LedgerSum;
        readonly budgets: readonly BudgetUse[];
        readonly rate: UsageRate | undefined;
        readonly turns: readonly Turn[] | undefined;
        readonly contextLimit: number | undefined;
      }
    | undefined;
}

/** Budgets that are shown; the rest is in the usage view. */
const MOST_BUDGETS = 6;

/** What the status bar's tooltip says of usage, as Markdown; empty when there is nothing to say. */
export function usageTooltip({ snapshot, names, session }: UsageTooltip): string {
  const blocks = [
    budgetLines(snapshot, names, session?.budgets ?? []),
    forecastLines(snapshot, session),
    alsoSpentLines(snapshot, session?.tree),
    fillLines(snapshot),
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("  \n"))
    .join("\n\n");
}

function budgetLines(
  { budgets, currency }: UsageTooltip["snapshot"],
  names: BudgetNames,
  own: readonly BudgetUse[],
): string[] {
  const general = budgets.filter(({ budget }) => budget.period !== "session");
  const all = [...own.filter(({ budget }) => budget.period === "session"), ...general];
  const lines = all.slice(0, MOST_BUDGETS).map((use) => {
    const subject = escapeMarkdown(budgetSubject(use, names));
    const words = [budgetFigures(use, currency), budgetBasis(use, currency)].filter(
      (text) => text !== "",
    );
    const percent = formatPercent(use.percent);
    return `${budgetBar(use.percent)} **${percent}** ${subject}: ${escapeMarkdown(words.join(", "))}`;
  });
  return lines.length === 0 ? [] : ["**Budgets**", ...lines];
}

function forecastLines(
  { rate, projection, currency, budgets, nowMs }: UsageTooltip["snapshot"],
  session: UsageTooltip["session"],
): string[] {
  const lines: string[] = [];
  const rateText = ({ usdPerHour, tokensPerMinute }: UsageRate): string =>
    `${formatMoney(usdPerHour, currency)}/h${SEPARATOR}${formatTokens(tokensPerMinute)} tokens/min`;
  if (session?.rate !== undefined) lines.push(`This session: ${rateText(session.rate)}`);
  if (rate !== undefined && rate.answers > (session?.rate?.answers ?? 0)) {
    lines.push(`All together: ${rateText(rate)}`);
  }
  const turns = turnsUntilFull(session?.turns ?? [], session?.contextLimit);
  if (turns !== undefined) lines.push(`Context full in about ${plural(turns, "turn")}`);
  const next = nextBudget(budgets, session, rate, nowMs);
  if (next !== undefined) {
    const inTime = formatDuration(next.atMs - nowMs);
    const at = formatTimeOfDay(next.atMs).slice(0, 5);
    lines.push(`${next.name} budget used up at ${at}, in ${inTime}`);
  }
  const { todayUSD, endOfDayUSD, monthUSD, endOfMonthUSD } = projection;
  const ends = [
    endOfDayUSD === undefined
      ? ""
      : `Today ${formatMoney(todayUSD, currency)}, likely ${formatMoney(endOfDayUSD, currency)} by its end`,
    endOfMonthUSD === undefined
      ? ""
      : `This month ${formatMoney(monthUSD, currency)}, likely ${formatMoney(endOfMonthUSD, currency)}`,
  ].filter((text) => text !== "");
  lines.push(...ends);
  return lines.length === 0 ? [] : ["**At this rate**", ...lines.map(escapeMarkdown)];
}

/** The budget that will be used up first. */
function nextBudget(
  budgets: readonly BudgetUse[],
  session: UsageTooltip["session"],
  rate: UsageRate | undefined,
  nowMs: number,
): { readonly name: string; readonly atMs: number } | undefined {
  const general = budgets.filter(({ budget }) => budget.period !== "session");
  const own = (session?.budgets ?? []).filter(({ budget }) => budget.period === "session");
  const rates = { all: rate, tree: session?.rate };
  return [...general, ...own]
    .flatMap((use) => {
      const atMs = budgetReachedMs(use, rates, nowMs);
      return atMs === undefined
        ? []
        : [{ name: BUDGET_PERIOD_WORDS[use.budget.period].name, atMs }];
    })
    .sort((a, b) => a.atMs - b.atMs)[0];
}

function alsoSpentLines(
  { currency }: UsageTooltip["snapshot"],
  tree: LedgerSum | undefined,
): string[] {
  if (tree === undefined) return [];
  const usd = totalUSD(tree.alsoSpent);
  const copied = totalUSD(tree.copied);
  return [
    ...(usd > 0
      ? [`Also spent ${formatMoney(usd, currency)}: deleted or reverted, forgotten by the server`]
      : []),
    ...(copied > 0
      ? [
          `${formatMoney(copied, currency)} is copied from the session it was forked from, and spent there`,
        ]
      : []),
  ].map(escapeMarkdown);
}

function fillLines({ fill }: UsageTooltip["snapshot"]): string[] {
  if (fill?.progress === undefined) return [];
  const { sessions, allSessions } = fill.progress;
  return [
    escapeMarkdown(`Reading the history: ${String(sessions)} of ${plural(allSessions, "session")}`),
  ];
}
