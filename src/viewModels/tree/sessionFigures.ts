import { t } from "../../core/language.ts";
import type { ContextFill } from "../../core/state/selectors.ts";
import type { TreeUsage } from "../../core/state/state.ts";
import { costState, totalTokens, totalUSD, type Usage } from "../../core/usage/usage.ts";
import { formatPercent, formatTokens, shortTokens, wholePercent } from "../text/format.ts";
import { formatCost, spokenMoney } from "../text/money.ts";

export const SEPARATOR = " · ";

/** One fact of a row. An empty `text` is only spoken, an empty `spoken` only shown. */
export interface RowPart {
  readonly text: string;
  /** The same in full words, for screen readers; as exact as `text`, so that both change together. */
  readonly spoken: string;
  /** Whether it changes without a server event: estimated from streaming text, or a running time. */
  readonly isEstimate: boolean;
}

/** Billed tokens, with `~` if part of them is estimated from streamed text. */
export function tokensText(usage: Usage, isEstimate: boolean): string {
  return `${isEstimate ? "~" : ""}${formatTokens(totalTokens(usage.tokens))}`;
}

/** Whether a usage has anything to show: a zero is only shown next to something else. */
export function hasUsage(usage: Usage): boolean {
  return totalTokens(usage.tokens) > 0 || totalUSD(usage) > 0;
}

/** Tokens and cost of a tree, e.g. `45.2k`, `$0.23`; empty if it consumed nothing. */
export function usageTexts({
  usage,
  isEstimate,
}: Pick<TreeUsage, "usage" | "isEstimate">): string[] {
  return hasUsage(usage) ? [tokensText(usage, isEstimate), formatCost(usage)] : [];
}

/** `45.2k`, spoken `45.2 thousand tokens`. */
export function tokensPart({ usage, isEstimate }: TreeUsage): RowPart {
  const tokens = totalTokens(usage.tokens);
  const text = formatTokens(tokens);
  const spoken = spokenTokens(tokens);
  return isEstimate
    ? { text: `~${text}`, spoken: t`about ${spoken}`, isEstimate }
    : { text, spoken, isEstimate };
}

function spokenTokens(tokens: number): string {
  const { amount, unit } = shortTokens(tokens);
  switch (unit) {
    case "":
      return t`${amount} tokens`;
    case "k":
      return t`${amount} thousand tokens`;
    case "M":
      return t`${amount} million tokens`;
    case "B":
      return t`${amount} billion tokens`;
  }
}

/** `~$0.23`, spoken `about 0.23 US dollars by list price`. */
export function costPart({ usage, isEstimate }: TreeUsage): RowPart {
  return { text: formatCost(usage), spoken: spokenCost(usage), isEstimate };
}

function spokenCost(usage: Usage): string {
  const usd = totalUSD(usage);
  const isTiny = usd > 0 && usd < LEAST_SHOWN_USD;
  const amount = spokenMoney(usd);
  switch (costState(usage)) {
    case "recorded":
      return isTiny ? t("less than a cent") : amount;
    case "estimated":
      return isTiny ? t("less than a cent by list price") : t`about ${amount} by list price`;
    case "partial":
      return isTiny
        ? t("less than a cent, and part of it without a price")
        : t`at least ${amount}, part of it without a price`;
    case "unpriced":
      return t("cost unknown");
  }
}

/** Below this, `shownMoney` shows no digits, only that it is less. */
const LEAST_SHOWN_USD = 0.00005;

/** Context use in percent of the model's window, `63%`; undefined if unknown. */
export function contextPart(context: ContextFill | undefined): RowPart | undefined {
  if (context?.percent === undefined) return undefined;
  const { isEstimate } = context;
  const text = formatPercent(context.percent);
  const isLess = context.percent > 0 && context.percent < 1;
  const percent = wholePercent(context.percent);
  return {
    text: `${isEstimate ? "~" : ""}${text}`,
    spoken: isLess
      ? t("context less than 1 percent full")
      : isEstimate
        ? t`context about ${percent} percent full`
        : t`context ${percent} percent full`,
    isEstimate,
  };
}
