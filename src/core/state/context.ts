import type { Tokens } from "../usage/usage.ts";

/** How full a session's context window currently is. */
export interface ContextUse {
  /** Tokens of the last step: prompt and answer. */
  readonly contextTokens: number;
  /** Key of the model whose limit applies (`modelKey`). */
  readonly modelKey: string;
  /** The assistant message the figure comes from. */
  readonly messageID: string;
  /** True when computed from text length, as right after a compaction. */
  readonly isEstimate: boolean;
}

/**
 * Context tokens after a step: input + output + reasoning + cache.read + cache.write, OpenCode's own
 * meter. Undefined for a step without output (aborted or failed), whose figures are meaningless.
 */
export function contextTokensOf(tokens: Tokens): number | undefined {
  if (tokens.output <= 0 && tokens.reasoning <= 0) return undefined;
  return tokens.input + tokens.output + tokens.reasoning + tokens.cache.read + tokens.cache.write;
}

/** Characters per token for all estimates from text; the same constant as in OpenCode. */
export const CHARACTERS_PER_TOKEN = 4;

/** Tokens estimated from a number of characters. */
export function estimateTokens(characters: number): number {
  return Math.round(characters / CHARACTERS_PER_TOKEN);
}
