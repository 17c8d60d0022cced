import { estimateTokens } from "./context.ts";
import { modelKey } from "./model.ts";
import type { Session } from "./session.ts";
import type { Live, ServerState } from "./state.ts";
import { addTokens, NO_TOKENS, NO_USAGE, priceUsage, type Usage } from "./usage.ts";

/** A session's own figures. `isEstimate`: part of the tokens is counted from text that still streams. */
export interface OwnUsage {
  readonly usage: Usage;
  readonly isEstimate: boolean;
}

const NOTHING: OwnUsage = { usage: NO_USAGE, isEstimate: false };

/**
 * Own usage of a session: the server's totals, overlaid by the steps that ended since those came, plus
 * an estimate (characters / 4, as output) for the step that streams. Children are not in it.
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
  const model = session.model ?? live?.model;
  const price = model === undefined ? undefined : server.models.get(modelKey(model))?.price;
  return { usage: priceUsage(tokens, costUSD, price), isEstimate };
}
