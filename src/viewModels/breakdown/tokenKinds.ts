import { t } from "../../core/language.ts";
import type { Tokens } from "../../core/usage/usage.ts";

/** The five kinds of billed tokens, in the order they are stacked, listed and exported. */
export const TOKEN_KINDS = ["input", "output", "reasoning", "cacheRead", "cacheWrite"] as const;

export type TokenKind = (typeof TOKEN_KINDS)[number];

export type ByKind = Readonly<Record<TokenKind, number>>;

const LABELS: Readonly<Record<TokenKind, string>> = {
  input: t("Input"),
  output: t("Output"),
  reasoning: t("Reasoning"),
  cacheRead: t("Cache read"),
  cacheWrite: t("Cache write"),
};

export function kindLabel(kind: TokenKind): string {
  return LABELS[kind];
}

export function byKind(tokens: Tokens): ByKind {
  return {
    input: tokens.input,
    output: tokens.output,
    reasoning: tokens.reasoning,
    cacheRead: tokens.cache.read,
    cacheWrite: tokens.cache.write,
  };
}

/** Share of each kind in percent of all five, unrounded; all zero when there are no tokens. */
export function sharesByKind(figures: ByKind): ByKind {
  const total = TOKEN_KINDS.reduce((sum, kind) => sum + figures[kind], 0);
  const share = (kind: TokenKind): number => (total > 0 ? (figures[kind] / total) * 100 : 0);
  return {
    input: share("input"),
    output: share("output"),
    reasoning: share("reasoning"),
    cacheRead: share("cacheRead"),
    cacheWrite: share("cacheWrite"),
  };
}
