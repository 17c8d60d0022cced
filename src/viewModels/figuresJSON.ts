import { costState, totalTokens, totalUSD, type Usage } from "../core/usage.ts";

/** A usage in an exported file: tokens by kind and in all, and the cost in US dollars, null where it is not known. */
export function figuresJSON(usage: Usage): object {
  const state = costState(usage);
  return {
    tokens: { ...usage.tokens, total: totalTokens(usage.tokens) },
    costUSD: state === "unpriced" ? null : totalUSD(usage),
    costState: state,
    recordedUSD: usage.recordedUSD,
    estimatedUSD: usage.estimatedUSD,
    unpricedTokens: usage.unpricedTokens,
  };
}
