import { contextUse } from "../core/selectors.ts";
import type { SessionRef } from "../core/session.ts";
import type { State, TreeUsage } from "../core/state.ts";
import { costState, totalTokens, totalUSD, type Usage } from "../core/usage.ts";
import { formatCost, formatPercent, formatTokens, formatUSD } from "./format.ts";

/** What stands between the figures of a row. */
export const SEPARATOR = " · ";

/** Billed tokens, `~` when part of them is estimated from streamed text. */
export function tokensText(usage: Usage, isEstimate: boolean): string {
  return `${isEstimate ? "~" : ""}${formatTokens(totalTokens(usage.tokens))}`;
}

/**
 * Tokens and cost of a tree, e.g. `45.2k`, `$0.23`. Empty for one that consumed nothing: a zero is only
 * shown beside something.
 */
export function usageTexts({
  usage,
  isEstimate,
}: Pick<TreeUsage, "usage" | "isEstimate">): string[] {
  if (totalTokens(usage.tokens) === 0 && totalUSD(usage) === 0) return [];
  return [tokensText(usage, isEstimate), formatCost(usage)];
}

/** Context use in percent of the model's window, `63%`; undefined where it is not known. */
export function contextText(state: State, ref: SessionRef): string | undefined {
  const context = contextUse(state, ref);
  if (context?.percent === undefined) return undefined;
  return `${context.isEstimate ? "~" : ""}${formatPercent(context.percent)}`;
}

/** Cost in words, for screen readers. */
export function costWords(usage: Usage): string {
  const usd = formatUSD(totalUSD(usage)).replace("$", "");
  switch (costState(usage)) {
    case "recorded":
      return `${usd} US dollars`;
    case "estimated":
      return `about ${usd} US dollars by list price`;
    case "partial":
      return `at least ${usd} US dollars, part without a price`;
    case "unpriced":
      return "cost unknown";
  }
}

/** Counts a thing in words: `1 session`, `2 sessions`. */
export function plural(count: number, word: string): string {
  return `${count} ${count === 1 ? word : `${word}s`}`;
}
