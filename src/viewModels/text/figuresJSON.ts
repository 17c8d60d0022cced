import { totalTokens, type Usage, writtenCost } from "../../core/usage/usage.ts";

/** A usage in an exported file: tokens by kind and in total, and the cost in US dollars, null if unknown. */
export function figuresJSON(usage: Usage): object {
  const { costUSD, costState, recordedUSD, estimatedUSD } = writtenCost(usage);
  return {
    tokens: { ...usage.tokens, total: totalTokens(usage.tokens) },
    costUSD: costUSD ?? null,
    costState,
    recordedUSD: recordedUSD ?? null,
    estimatedUSD: estimatedUSD ?? null,
    unpricedTokens: usage.unpricedTokens,
  };
}
