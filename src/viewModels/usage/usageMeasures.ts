import { plural, t } from "../../core/language.ts";
import type { Currency } from "../../core/usage/currency.ts";
import type { LedgerSum } from "../../core/ledger/ledgerSum.ts";
import { addUsage, totalTokens, totalUSD, type Usage } from "../../core/usage/usage.ts";
import { byKind, kindLabel, TOKEN_KINDS } from "../breakdown/tokenKinds.ts";
import type { CardRequest, Plot, Series, Unit } from "../cards/card.ts";
import { figuresJSON } from "../text/figuresJSON.ts";
import { formatTokens } from "../text/format.ts";
import type { UsageChoices, UsageDrill, UsageMeasure } from "./usageChoices.ts";
import { costText } from "./usageMoney.ts";

/** What all cards of a usage page have in common. */
export interface CardContext {
  readonly choices: UsageChoices;
  readonly currency: Currency;
  readonly page: "view" | "panel";
  /** What was used in the chosen range. */
  readonly rangeSum: LedgerSum;
}

/** The amount of a usage in a measure: tokens of all kinds, or recorded and estimated dollars. */
export function amountOf(measure: UsageMeasure): (usage: Usage) => number {
  return measure === "tokens" ? (usage) => totalTokens(usage.tokens) : totalUSD;
}

export function addSums(a: LedgerSum, b: LedgerSum): LedgerSum {
  return {
    messages: a.messages + b.messages,
    badMessages: a.badMessages + b.badMessages,
    spent: addUsage(a.spent, b.spent),
    copied: addUsage(a.copied, b.copied),
    alsoSpent: addUsage(a.alsoSpent, b.alsoSpent),
  };
}

export function unitOf({ choices, currency }: CardContext): Unit {
  return choices.measure === "tokens" ? "tokens" : currency;
}

/** A request for the sessions behind something: the panel lists them, and the view opens the panel. */
export function drillRequest(drill: UsageDrill, { page }: CardContext): CardRequest {
  return page === "view"
    ? { type: "openPanel", drill }
    : { type: "choose", change: { kind: "drill", drill } };
}

/** `$1.23 · 45k tokens`. */
export function usageText(usage: Usage, currency: Currency): string {
  return t`${costText(usage, currency)} · ${formatTokens(totalTokens(usage.tokens))} tokens`;
}

/** The end of a tooltip: cost and tokens with their marks, and what the servers no longer have. */
export function sumText({ spent, alsoSpent, messages }: LedgerSum, currency: Currency): string {
  return [
    usageText(spent, currency),
    plural(messages, "{0} answer", "{0} answers"),
    ...(totalTokens(alsoSpent.tokens) > 0
      ? [t`deleted or reverted: ${costText(alsoSpent, currency)}`]
      : []),
    ...(spent.unpricedTokens > 0
      ? [t`${formatTokens(spent.unpricedTokens)} tokens without a price`]
      : []),
  ].join(" · ");
}

/** The series of deleted or reverted usage, the same in every stack. */
export const GONE_SERIES = {
  key: "alsoSpent",
  label: t("Deleted or reverted"),
  colour: "neutral",
} as const;

/** What a measure consists of: kinds of tokens, or recorded and estimated cost. */
export function measureParts(
  measure: UsageMeasure,
): readonly (Omit<Series, "values"> & { readonly amountOf: (usage: Usage) => number })[] {
  return measure === "tokens"
    ? TOKEN_KINDS.map((kind) => ({
        key: kind,
        label: kindLabel(kind),
        colour: kind,
        amountOf: ({ tokens }) => byKind(tokens)[kind],
      }))
    : [
        {
          key: "recorded",
          label: t("Recorded"),
          colour: "output",
          amountOf: ({ recordedUSD }) => recordedUSD,
        },
        {
          key: "estimated",
          label: t("Estimated from list prices"),
          colour: "warning",
          amountOf: ({ estimatedUSD }) => estimatedUSD,
        },
      ];
}

/** The parts of the measure, one value per sum, and what has been deleted or reverted. */
export function sumSeries(
  sums: readonly LedgerSum[],
  { choices: { measure } }: CardContext,
): readonly Series[] {
  const amount = amountOf(measure);
  return withAmounts([
    ...measureParts(measure).map(({ amountOf, ...series }) => ({
      ...series,
      values: sums.map(({ spent }) => amountOf(spent)),
    })),
    { ...GONE_SERIES, values: sums.map(({ alsoSpent }) => amount(alsoSpent)) },
  ]);
}

/** The series that have any amount: the others would only clutter the legend. */
export function withAmounts(series: readonly Series[]): readonly Series[] {
  return series.filter(({ values }) => values.some((value) => (value ?? 0) > 0));
}

/** Horizontal bars, one per sum. */
export function sumBars(
  bars: readonly {
    readonly label: string;
    readonly sum: LedgerSum;
    readonly footer?: string;
    readonly drill: UsageDrill | undefined;
  }[],
  context: CardContext,
): Plot {
  return {
    kind: "plot",
    isHorizontal: true,
    layout: "stacked",
    unit: unitOf(context),
    parts: bars.map(({ label, sum, footer, drill }) => ({
      label,
      title: label,
      footer: footer ?? sumText(sum, context.currency),
      ask: drill === undefined ? undefined : drillRequest(drill, context),
    })),
    series: sumSeries(
      bars.map(({ sum }) => sum),
      context,
    ),
  };
}

/** Why nothing is drawn, if the sums hold nothing of the measure. */
export function emptyReason(
  sums: readonly LedgerSum[],
  { choices }: CardContext,
): string | undefined {
  const amount = amountOf(choices.measure);
  if (sums.some(({ spent, alsoSpent }) => amount(spent) + amount(alsoSpent) > 0)) return undefined;
  return sums.some(({ spent }) => totalTokens(spent.tokens) > 0)
    ? t("No prices are known for this usage: choose Tokens to see it")
    : t("No usage in this period");
}

/** A sum of the ledger in the JSON export: exact figures, `null` if unknown. */
export function sumJSON({ messages, spent, alsoSpent, copied, badMessages }: LedgerSum): object {
  return {
    answers: messages,
    ...figuresJSON(spent),
    alsoSpent: figuresJSON(alsoSpent),
    copied: figuresJSON(copied),
    answersWithBadFigures: badMessages,
  };
}
