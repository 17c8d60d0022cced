import { plural, t } from "../../core/language.ts";
import type { BudgetUse } from "../../core/usage/budget.ts";
import { budgetReachedMs, turnsUntilFull, type UsageRate } from "../../core/usage/forecast.ts";
import { projectionLines } from "./usageBudgets.ts";
import type { LedgerSum } from "../../core/ledger/ledgerSum.ts";
import type { Turn } from "../../core/ledger/sessionTurns.ts";
import { totalUSD } from "../../core/usage/usage.ts";
import type { UsageSnapshot } from "../../core/usage/usageSource.ts";
import {
  BUDGET_PERIOD_WORDS,
  budgetBar,
  budgetBasis,
  budgetFigures,
  type BudgetNames,
  budgetSubject,
} from "./budgetText.ts";
import { formatDuration, formatPercent, formatTimeOfDay, formatTokens } from "../text/format.ts";
import { escapeMarkdown } from "../documents/markdown.ts";
import { formatMoney } from "../text/money.ts";
import { costText } from "./usageMoney.ts";
import { SEPARATOR } from "../tree/sessionFigures.ts";

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

/** Maximum budgets shown; the rest are in the usage view. */
const MOST_BUDGETS = 6;

/** The usage part of the status bar's tooltip, as Markdown; empty if there is nothing to show. */
export function usageTooltip({ snapshot, names, session }: UsageTooltip): string {
  const blocks = [
    budgetLines(snapshot, names, session?.budgets ?? []),
    contextLines(session),
    rateLines(snapshot, session),
    withHeading(
      t("**Projected from the last 28 days**"),
      projectionLines(snapshot.projection, snapshot.currency),
    ),
    goneLines(snapshot, session?.tree),
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
  return lines.length === 0 ? [] : [t("**Budgets**"), ...lines];
}

function rateLines(
  { rate, currency, budgets, nowMs }: UsageTooltip["snapshot"],
  session: UsageTooltip["session"],
): string[] {
  const lines: string[] = [];
  const rateText = ({ usdPerHour, costState, tokensPerMinute }: UsageRate): string =>
    t`${formatMoney(usdPerHour, currency, costState)}/h${SEPARATOR}${formatTokens(tokensPerMinute)} tokens/min`;
  if (session?.rate !== undefined) lines.push(t`This session: ${rateText(session.rate)}`);
  if (rate !== undefined && rate.answers > (session?.rate?.answers ?? 0)) {
    lines.push(t`All sessions: ${rateText(rate)}`);
  }
  const next = nextBudget(budgets, session, rate, nowMs);
  if (next !== undefined) {
    const inTime = formatDuration(next.atMs - nowMs);
    const at = formatTimeOfDay(next.atMs).slice(0, 5);
    lines.push(t`${next.name} budget will be reached at ${at}, in ${inTime}`);
  }
  return withHeading(t("**At the current rate (last 15 minutes)**"), lines);
}

/** When the context will be full, at the growth of the last turns. */
function contextLines(session: UsageTooltip["session"]): string[] {
  const turns = turnsUntilFull(session?.turns ?? [], session?.contextLimit);
  if (turns === undefined) return [];
  return [t`Context full after about ${plural(turns, "{0} turn", "{0} turns")} at the recent rate`];
}

function withHeading(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map(escapeMarkdown)];
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

function goneLines({ currency }: UsageTooltip["snapshot"], tree: LedgerSum | undefined): string[] {
  if (tree === undefined) return [];
  return [
    ...(totalUSD(tree.alsoSpent) > 0
      ? [t`Deleted or reverted: ${costText(tree.alsoSpent, currency)}, no longer on the server`]
      : []),
    ...(totalUSD(tree.copied) > 0
      ? [
          t`${costText(tree.copied, currency)} was copied from the session it was forked from, and was spent there`,
        ]
      : []),
  ].map(escapeMarkdown);
}

function fillLines({ fill }: UsageTooltip["snapshot"]): string[] {
  if (fill?.progress === undefined) return [];
  const { sessions, allSessions } = fill.progress;
  return [
    escapeMarkdown(
      t`Reading the history: ${String(sessions)} of ${plural(allSessions, "{0} session", "{0} sessions")}`,
    ),
  ];
}
