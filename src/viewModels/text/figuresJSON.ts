import { totalTokens, type Usage, writtenCost } from "../../core/usage/usage.ts";

/** A usage in an exported file: tokens by kind and in all, and the cost in US dollars, null where it is not known. */
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
