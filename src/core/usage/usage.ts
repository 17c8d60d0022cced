/**
 * Billed tokens and their cost. Billed figures are cumulative; the context currently in use is a different figure
 * with a different name (`context.ts`), and the two are never mixed.
 */

/** The five kinds of billed tokens, named as in OpenCode. All counts are >= 0. */
export interface Tokens {
  readonly input: number;
  readonly output: number;
  readonly reasoning: number;
  readonly cache: { readonly read: number; readonly write: number };
}

/**
 * What something consumed. Cost has three states that are kept separate in every sum: recorded by the
 * server, estimated from list prices, or unknown (`unpricedTokens` counts the tokens without a price).
 */
export interface Usage {
  readonly tokens: Tokens;
  /** US dollars the server recorded. */
  readonly recordedUSD: number;
  /** US dollars estimated from list prices where the server recorded none. */
  readonly estimatedUSD: number;
  /** Tokens without any known price; > 0 means the cost is a lower bound. */
  readonly unpricedTokens: number;
}

/** List price of a model in US dollars per million tokens. */
export interface ModelPrice {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
}

/** Whether two prices are equal. */
export function samePrice(a: ModelPrice | undefined, b: ModelPrice): boolean {
  return (
    a?.input === b.input &&
    a.output === b.output &&
    a.cacheRead === b.cacheRead &&
    a.cacheWrite === b.cacheWrite
  );
}

/** `recorded`: exact; `estimated`: includes list prices; `partial`: some has no price; `unpriced`: none has. */
export type CostState = "recorded" | "estimated" | "partial" | "unpriced";

export const NO_TOKENS: Tokens = {
  input: 0,
  output: 0,
  reasoning: 0,
  cache: { read: 0, write: 0 },
};
export const NO_USAGE: Usage = {
  tokens: NO_TOKENS,
  recordedUSD: 0,
  estimatedUSD: 0,
  unpricedTokens: 0,
};

/** Sum of the five kinds: the billed total. */
export function totalTokens(tokens: Tokens): number {
  return tokens.input + tokens.output + tokens.reasoning + tokens.cache.read + tokens.cache.write;
}

/** Recorded plus estimated cost in US dollars; a lower bound when `unpricedTokens > 0`. */
export function totalUSD(usage: Usage): number {
  return usage.recordedUSD + usage.estimatedUSD;
}

/** How reliable the cost of a usage is. */
export function costState(usage: Usage): CostState {
  if (usage.unpricedTokens > 0) return totalUSD(usage) > 0 ? "partial" : "unpriced";
  return usage.estimatedUSD > 0 ? "estimated" : "recorded";
}

/** A cost as it is exported, in US dollars. Undefined, never 0, if nothing has a price. */
export interface WrittenCost {
  readonly costUSD: number | undefined;
  readonly costState: CostState;
  readonly recordedUSD: number | undefined;
  readonly estimatedUSD: number | undefined;
}

/** The cost of a usage for files and other programs. */
export function writtenCost(usage: Usage): WrittenCost {
  const state = costState(usage);
  if (state === "unpriced") {
    return {
      costUSD: undefined,
      costState: state,
      recordedUSD: undefined,
      estimatedUSD: undefined,
    };
  }
  const { recordedUSD, estimatedUSD } = usage;
  return { costUSD: totalUSD(usage), costState: state, recordedUSD, estimatedUSD };
}

/** The usage of one answer based only on its record: without a recorded cost its tokens are unpriced. */
export function recordedUsage(tokens: Tokens, recordedUSD: number): Usage {
  const unpricedTokens = recordedUSD > 0 ? 0 : totalTokens(tokens);
  return { tokens, recordedUSD, estimatedUSD: 0, unpricedTokens };
}

/** Sum per kind; neither argument is changed. */
export function addTokens(a: Tokens, b: Tokens): Tokens {
  return {
    input: a.input + b.input,
    output: a.output + b.output,
    reasoning: a.reasoning + b.reasoning,
    cache: { read: a.cache.read + b.cache.read, write: a.cache.write + b.cache.write },
  };
}

/** Sum of two usages; the cost states are kept separate. */
export function addUsage(a: Usage, b: Usage): Usage {
  return {
    tokens: addTokens(a.tokens, b.tokens),
    recordedUSD: a.recordedUSD + b.recordedUSD,
    estimatedUSD: a.estimatedUSD + b.estimatedUSD,
    unpricedTokens: a.unpricedTokens + b.unpricedTokens,
  };
}

/** Whether two usages have the same figures. */
export function sameUsage(a: Usage, b: Usage): boolean {
  return (
    a.recordedUSD === b.recordedUSD &&
    a.estimatedUSD === b.estimatedUSD &&
    a.unpricedTokens === b.unpricedTokens &&
    sameTokens(a.tokens, b.tokens)
  );
}

/** Whether two token counts are equal in all five kinds. */
export function sameTokens(a: Tokens, b: Tokens): boolean {
  return (
    a.input === b.input &&
    a.output === b.output &&
    a.reasoning === b.reasoning &&
    a.cache.read === b.cache.read &&
    a.cache.write === b.cache.write
  );
}

/**
 * List-price cost in US dollars: `(input*pi + (output+reasoning)*po + read*pr + write*pw) / 1e6`, the
 * server's own formula without context tiers (observed on 1.18: reasoning is billed as output).
 */
export function listPriceUSD(tokens: Tokens, price: ModelPrice): number {
  return (
    (tokens.input * price.input +
      (tokens.output + tokens.reasoning) * price.output +
      tokens.cache.read * price.cacheRead +
      tokens.cache.write * price.cacheWrite) /
    1e6
  );
}

/**
 * Classifies a server's figure: a positive cost is recorded; tokens at cost zero are estimated when the
 * model has a positive list price (a subscription), otherwise unpriced. No tokens cost nothing.
 */
export function priceUsage(tokens: Tokens, costUSD: number, price: ModelPrice | undefined): Usage {
  const total = totalTokens(tokens);
  if (costUSD > 0 || total === 0) {
    return { tokens, recordedUSD: costUSD, estimatedUSD: 0, unpricedTokens: 0 };
  }
  const estimatedUSD = price === undefined ? 0 : listPriceUSD(tokens, price);
  return estimatedUSD > 0
    ? { tokens, recordedUSD: 0, estimatedUSD, unpricedTokens: 0 }
    : { tokens, recordedUSD: 0, estimatedUSD: 0, unpricedTokens: total };
}
