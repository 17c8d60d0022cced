import type { LedgerSum } from "../../src/core/ledger/ledgerSum.ts";
import { totalTokens, type Usage } from "../../src/core/usage.ts";
import { formatCount, formatTokens } from "../../src/viewModels/format.ts";
import { byKind, kindLabel, TOKEN_KINDS } from "../../src/viewModels/tokenKinds.ts";
import { formatMoney } from "../../src/viewModels/money.ts";
import { costText } from "../../src/viewModels/usageMoney.ts";
import { amountOf } from "../../src/viewModels/usageTrend.ts";
import type { BarSeries } from "./barChart.ts";
import type { UsageFrame, UsageLegendItem } from "./usageChart.ts";

/** An amount in the measure that was chosen, short for an axis. */
export function tickText(value: number, { model }: UsageFrame): string {
  return model.choices.measure === "tokens"
    ? formatTokens(value)
    : formatMoney(value, model.currency).replace(/\.00$/, "");
}

/** An amount in the measure that was chosen, in full. */
export function amountText(value: number, { model }: UsageFrame): string {
  return model.choices.measure === "tokens"
    ? formatCount(value)
    : formatMoney(value, model.currency);
}

/** Ends a hover: cost and tokens, with their marks, and what the servers forgot. */
export function sumText(sum: LedgerSum, { model }: UsageFrame): string {
  const { spent, alsoSpent, messages } = sum;
  const forgotten = totalTokens(alsoSpent.tokens);
  const texts = [
    usageText(spent, model.currency),
    `${formatCount(messages)} answer${messages === 1 ? "" : "s"}`,
    ...(forgotten > 0 ? [`also spent ${costText(alsoSpent, model.currency)}`] : []),
    ...(spent.unpricedTokens > 0
      ? [`${formatTokens(spent.unpricedTokens)} tokens without a price`]
      : []),
  ];
  return texts.join(" · ");
}

/** `$1.23 · 45k tokens`. */
export function usageText(usage: Usage, currency: UsageFrame["model"]["currency"]): string {
  return `${costText(usage, currency)} · ${formatTokens(totalTokens(usage.tokens))} tokens`;
}

/** Series of sums: kinds of tokens, or recorded and estimated cost; and what was also spent. */
export function sumSeries(sums: readonly LedgerSum[], frame: UsageFrame): readonly BarSeries[] {
  const { theme, model } = frame;
  const { measure } = model.choices;
  const own: readonly BarSeries[] =
    measure === "tokens"
      ? TOKEN_KINDS.map((kind) => ({
          label: kindLabel(kind),
          colour: theme.kinds[kind],
          values: sums.map(({ spent }) => byKind(spent.tokens)[kind]),
        }))
      : [
          {
            label: "Recorded",
            colour: theme.kinds.output,
            values: sums.map(({ spent }) => spent.recordedUSD),
          },
          {
            label: "Estimated",
            colour: theme.warning,
            values: sums.map(({ spent }) => spent.estimatedUSD),
          },
        ];
  const alsoSpent = {
    label: "Also spent",
    colour: forgottenColour(frame),
    values: sums.map((sum) => amountOf(measure)(sum.alsoSpent)),
  };
  return alsoSpent.values.some((value) => value > 0) ? [...own, alsoSpent] : own;
}

/** The colour of what the servers have forgotten. */
export function forgottenColour({ theme }: UsageFrame): string {
  return theme.danger;
}

/** What the colours of some series mean; series without any amount are left out. */
export function seriesLegend(series: readonly BarSeries[]): readonly UsageLegendItem[] {
  return series
    .filter(({ values }) => values.some((value) => value > 0))
    .map(({ label, colour }) => ({ label, colour, mark: "box" }));
}

/** Why nothing is drawn where sums hold nothing of the measure. */
export function emptyReason(sums: readonly LedgerSum[], frame: UsageFrame): string | undefined {
  const amount = amountOf(frame.model.choices.measure);
  if (sums.some(({ spent, alsoSpent }) => amount(spent) + amount(alsoSpent) > 0)) return undefined;
  const hasTokens = sums.some(({ spent }) => totalTokens(spent.tokens) > 0);
  return hasTokens
    ? "No price is known: choose Tokens to see them"
    : "Nothing was used in this time";
}
