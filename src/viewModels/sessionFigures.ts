import type { ContextFill } from "../core/selectors.ts";
import type { TreeUsage } from "../core/state.ts";
import { totalTokens, totalUSD, type Usage } from "../core/usage.ts";
import { formatCost, formatPercent, formatTokens } from "./format.ts";

/** What stands between the figures of a row. */
export const SEPARATOR = " · ";

/** Billed tokens, `~` when part of them is estimated from streamed text. */
export function tokensText(usage: Usage, isEstimate: boolean): string {
  return `${isEstimate ? "~" : ""}${formatTokens(totalTokens(usage.tokens))}`;
}

/** Whether a usage has anything to show: a zero is only shown beside something. */
export function hasUsage(usage: Usage): boolean {
  return totalTokens(usage.tokens) > 0 || totalUSD(usage) > 0;
}

/** Tokens and cost of a tree, e.g. `45.2k`, `$0.23`; empty for one that consumed nothing. */
export function usageTexts({
  usage,
  isEstimate,
}: Pick<TreeUsage, "usage" | "isEstimate">): string[] {
  return hasUsage(usage) ? [tokensText(usage, isEstimate), formatCost(usage)] : [];
}

/** Context use in percent of the model's window, `63%`; undefined where it is not known. */
export function contextText(context: ContextFill | undefined): string | undefined {
  if (context?.percent === undefined) return undefined;
  return `${context.isEstimate ? "~" : ""}${formatPercent(context.percent)}`;
}

/*
 * Figures in words, for screen readers. They are made from what is seen, so that both are as exact and
 * change together.
 */

/** `45.2k` as `45.2 thousand tokens`. */
export function spokenTokens(text: string): string {
  const unit = UNITS_OF_COUNT[text.at(-1) ?? ""];
  const count = unit === undefined ? text : `${text.slice(0, -1)} ${unit}`;
  return `${count.startsWith("~") ? `about ${count.slice(1)}` : count} tokens`;
}

const UNITS_OF_COUNT: Readonly<Record<string, string>> = {
  k: "thousand",
  M: "million",
  B: "billion",
};

/** `~$0.23` as `about 0.23 US dollars by list price`. */
export function spokenCost(text: string): string {
  if (text.startsWith("~$")) return `about ${text.slice(2)} US dollars by list price`;
  if (text.startsWith("≥ $")) {
    return `at least ${text.slice(3)} US dollars, part of it without a price`;
  }
  return text.startsWith("$") ? `${text.slice(1)} US dollars` : "cost unknown";
}

/** `63%` as `context 63 percent full`. */
export function spokenContext(text: string): string {
  const percent = text.startsWith("~") ? `about ${text.slice(1, -1)}` : text.slice(0, -1);
  return `context ${percent.replace("<", "less than ")} percent full`;
}

const UNITS_OF_TIME: Readonly<Record<string, string>> = {
  m: "minute",
  h: "hour",
  d: "day",
  mo: "month",
  y: "year",
};

/** `2m` as `2 minutes ago`. */
export function spokenAge(text: string): string {
  let spoken = spokenAges.get(text);
  if (spoken === undefined) {
    const count = Number.parseInt(text, 10);
    const unit = UNITS_OF_TIME[text.slice(String(count).length)];
    spoken = unit === undefined ? "just now" : `${plural(count, unit)} ago`;
    spokenAges.set(text, spoken);
  }
  return spoken;
}

/** There are few ages and thousands of rows. */
const spokenAges = new Map<string, string>();

/** Counts a thing in words: `1 session`, `2 sessions`. */
export function plural(count: number, word: string): string {
  return `${count} ${count === 1 ? word : `${word}s`}`;
}
