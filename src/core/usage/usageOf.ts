import { estimateTokens } from "../state/context.ts";
import { modelKey } from "../state/model.ts";
import type { Session } from "../state/session.ts";
import type { Live, ServerState } from "../state/state.ts";
import {
  addTokens,
  type ModelPrice,
  NO_TOKENS,
  NO_USAGE,
  priceUsage,
  type Tokens,
  type Usage,
} from "./usage.ts";

/** A session's own figures. `isEstimate`: some tokens are estimated from text still being streamed. */
export interface OwnUsage {
  readonly usage: Usage;
  readonly isEstimate: boolean;
}

const NOTHING: OwnUsage = { usage: NO_USAGE, isEstimate: false };

/**
 * A session's own usage, without its children: the server's totals, the steps that ended since those arrived,
 * and an estimate (characters / 4, as output) for the step being streamed.
 */
export function ownUsageOf(
  server: ServerState,
  session: Session,
  live: Live | undefined,
): OwnUsage {
  let tokens = session.totals?.tokens ?? NO_TOKENS;
  let costUSD = session.totals?.costUSD ?? 0;
  let isEstimate = false;
  if (live !== undefined) {
    for (const step of live.steps.values()) {
      tokens = addTokens(tokens, step.tokens);
      costUSD += step.costUSD;
    }
    if (live.streamedCharacters > 0) {
      isEstimate = true;
      tokens = {
        input: tokens.input,
        output: tokens.output + estimateTokens(live.streamedCharacters),
        reasoning: tokens.reasoning,
        cache: tokens.cache,
      };
    }
  } else if (session.totals === undefined) {
    return NOTHING;
  }
  const known = server.costs.get(session.id);
  if (known === undefined) {
    // A recorded cost, as in most of thousands of rows, needs no price.
    const price = costUSD > 0 ? undefined : priceOf(server, session, live);
    return { usage: priceUsage(tokens, costUSD, price), isEstimate };
  }
  // Tokens and recorded cost are the server's, but only the ledger knows which tokens that cost covers. Usage
  // newer than the ledger is priced as a whole.
  const rest = priceUsage(
    tokensBeyond(tokens, known.tokens),
    Math.max(0, costUSD - known.recordedUSD),
    priceOf(server, session, live),
  );
  const usage = {
    tokens,
    recordedUSD: costUSD,
    estimatedUSD: known.estimatedUSD + rest.estimatedUSD,
    unpricedTokens: known.unpricedTokens + rest.unpricedTokens,
  };
  return { usage, isEstimate };
}

function priceOf(
  server: ServerState,
  session: Session,
  live: Live | undefined,
): ModelPrice | undefined {
  const model = session.model ?? live?.model;
  const key = model === undefined ? "" : modelKey(model);
  return server.prices.get(key) ?? server.models.get(key)?.price;
}

function tokensBeyond(all: Tokens, known: Tokens): Tokens {
  return {
    input: Math.max(0, all.input - known.input),
    output: Math.max(0, all.output - known.output),
    reasoning: Math.max(0, all.reasoning - known.reasoning),
    cache: {
      read: Math.max(0, all.cache.read - known.cache.read),
      write: Math.max(0, all.cache.write - known.cache.write),
    },
  };
}
