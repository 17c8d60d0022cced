/**
 * How figures become short text, in one place for tree, status bar, charts and reports. Pure and total:
 * what is no finite number becomes `–`, never `NaN`.
 */
import { taskNameOfTitle } from "../core/clusterTasks.ts";
import { costState, totalUSD } from "../core/usage.ts";
import type { CostState, Usage } from "../core/usage.ts";

/** Stands where a figure is unknown. Unknown is never shown as zero. */
export const UNKNOWN = "–";

/** Tokens in at most five characters: `950`, `1.2k`, `45.2k`, `452k`, `1.23M`, `3.4B`. */
export function formatTokens(tokens: number): string {
  if (!Number.isFinite(tokens)) return UNKNOWN;
  const count = Math.round(Math.abs(tokens));
  const sign = tokens < 0 && count > 0 ? "-" : "";
  return `${sign}${shorten(count)}`;
}

function shorten(count: number): string {
  if (count < 1000) return String(count);
  if (count < 999_500) return `${threeDigits(count / 1e3, 1)}k`;
  if (count < 999_500_000) return `${threeDigits(count / 1e6, 2)}M`;
  return `${threeDigits(count / 1e9, 2)}B`;
}

/** Three significant digits, at most `maxDecimals` of them behind the point, no trailing zeros. */
function threeDigits(value: number, maxDecimals: number): string {
  const decimals = Math.min(maxDecimals, value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
  const text = value.toFixed(decimals);
  return decimals > 0 ? text.replace(/\.?0+$/, "") : text;
}

/** A whole number with thousands marked: `1,234,567`. */
export function formatCount(count: number): string {
  if (!Number.isFinite(count)) return UNKNOWN;
  return groupThousands(Math.round(count).toFixed(0));
}

function groupThousands(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/**
 * US dollars with the trust they deserve: `$0.23`, `$0.0034`, `$1,234.56`; `~$0.23` estimated,
 * `≥ $0.23` partial, `–` unpriced.
 */
export function formatUSD(usd: number, state: CostState = "recorded"): string {
  if (!Number.isFinite(usd)) return UNKNOWN;
  switch (state) {
    case "unpriced":
      return UNKNOWN;
    case "estimated":
      return `~${plainUSD(usd)}`;
    case "partial":
      return `≥ ${plainUSD(usd)}`;
    case "recorded":
      return plainUSD(usd);
  }
}

function plainUSD(usd: number): string {
  const amount = Math.abs(usd);
  const sign = usd < 0 ? "-" : "";
  if (amount === 0) return "$0.00";
  if (amount < 0.00005) return `${sign}<$0.0001`;
  // Below a cent two significant digits would be lost in two decimals.
  const decimals = amount < 0.00995 ? 4 : 2;
  if (amount < 999) return `${sign}$${amount.toFixed(decimals)}`;
  const [whole = "0", fraction = ""] = amount.toFixed(decimals).split(".");
  return `${sign}$${groupThousands(whole)}.${fraction}`;
}

/** Cost of a usage: `–` unpriced, `~$0.23` estimated, `≥ $0.23` partial, else `$0.23`. */
export function formatCost(usage: Usage): string {
  return formatUSD(totalUSD(usage), costState(usage));
}

/** A share of 100: `63%`. Never `0%` for something nor `100%` for less than all; `–` when unknown. */
export function formatPercent(percent: number | undefined): string {
  if (percent === undefined || !Number.isFinite(percent)) return UNKNOWN;
  if (percent > 0 && percent < 1) return "<1%";
  if (percent > 99 && percent < 100) return "99%";
  return `${String(Math.round(percent))}%`;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Age in one unit: `now`, `2m`, `3h`, `5d`, `4mo`, `2y`. Times ahead of our clock count as `now`. */
export function formatRelativeTime(ms: number, nowMs: number): string {
  const ageMs = nowMs - ms;
  if (!Number.isFinite(ageMs)) return UNKNOWN;
  if (ageMs < MINUTE_MS) return "now";
  if (ageMs < HOUR_MS) return `${String(Math.floor(ageMs / MINUTE_MS))}m`;
  if (ageMs < DAY_MS) return `${String(Math.floor(ageMs / HOUR_MS))}h`;
  const days = Math.floor(ageMs / DAY_MS);
  if (days < 60) return `${String(days)}d`;
  if (days < 730) return `${String(Math.floor(days / 30.44))}mo`;
  return `${String(Math.floor(days / 365.25))}y`;
}

/** Length of time in its two largest units: `850 ms`, `4.2 s`, `2m 05s`, `1h 03m`, `2d 4h`. */
export function formatDuration(durationMs: number): string {
  if (!Number.isFinite(durationMs)) return UNKNOWN;
  const ms = Math.max(0, Math.round(durationMs));
  if (ms < SECOND_MS) return `${String(ms)} ms`;
  if (ms < 59_950) return `${(ms / SECOND_MS).toFixed(1)} s`;
  const seconds = Math.round(ms / SECOND_MS);
  if (seconds < 3600) return `${String(Math.floor(seconds / 60))}m ${twoDigits(seconds % 60)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return `${String(Math.floor(minutes / 60))}h ${twoDigits(minutes % 60)}m`;
  const hours = Math.floor(minutes / 60);
  return `${String(Math.floor(hours / 24))}d ${String(hours % 24)}h`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

/** Bytes with decimal prefixes: `850 B`, `1.2 kB`, `45.2 MB`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return UNKNOWN;
  const count = Math.max(0, Math.round(bytes));
  if (count < 1000) return `${String(count)} B`;
  if (count < 999_500) return `${threeDigits(count / 1e3, 1)} kB`;
  if (count < 999_500_000) return `${threeDigits(count / 1e6, 1)} MB`;
  return `${threeDigits(count / 1e9, 2)} GB`;
}

/** Time of day by the clock of this machine: `14:05:09`. */
export function formatTimeOfDay(ms: number): string {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return UNKNOWN;
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(":");
}

/** Date and time by the clock of this machine: `2026-11-21 14:05:09`. */
export function formatDateTime(ms: number): string {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return UNKNOWN;
  const day = [date.getFullYear(), twoDigits(date.getMonth() + 1), twoDigits(date.getDate())];
  return `${day.join("-")} ${formatTimeOfDay(ms)}`;
}

/** What a session without a usable title is called. */
export const UNTITLED = "Untitled";

// Control characters except what \s covers, bidi controls and marks that reorder or hide text. The
// zero-width joiner stays: emoji are made with it.
const UNSAFE_CHARACTERS =
  /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
const LONE_SURROGATES = /\p{Surrogate}/gu;
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;
// Most titles: printable ASCII, one space between words.
const PLAIN = /^[!-~]+(?: [!-~]+)*$/;

let segmenter: Intl.Segmenter | undefined;

/**
 * A title fit for one line of plain text: line breaks become spaces, control and bidi characters go, and
 * what is longer than `maxLength` characters (as a reader counts them) is cut with `…`. Text without a
 * visible character becomes `Untitled`, and the title of a task in a cluster the task's name. Markdown and
 * HTML are left as they are: escape where they matter.
 */
export function cleanTitle(title: string, maxLength = 80): string {
  const text = taskNameOfTitle(title) ?? title;
  if (text.length <= maxLength * 16 && PLAIN.test(text)) {
    return text.length <= maxLength ? text : `${text.slice(0, maxLength - 1).trimEnd()}…`;
  }
  // Titles may hold any amount of text: only what can be shown is worked on.
  const clean = text
    .trimStart()
    .slice(0, maxLength * 16)
    .replace(UNSAFE_CHARACTERS, "")
    .replace(LONE_SURROGATES, "\ufffd")
    .replace(/\s+/g, " ")
    .trim();
  if (!VISIBLE.test(clean)) return UNTITLED;
  if (clean.length <= maxLength) return clean;
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  let count = 0;
  let cutAt = 0;
  for (const { index } of segmenter.segment(clean)) {
    if (count === maxLength - 1) cutAt = index;
    count += 1;
    if (count > maxLength) return `${clean.slice(0, cutAt).trimEnd()}…`;
  }
  return clean;
}

/**
 * Text a person decides about: control characters and those that hide or reorder text are written out
 * (`\u202e`), so that what is seen is all there is. Line breaks and tabs stay.
 */
export function visibleText(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(UNSAFE_CHARACTERS, (character) => {
      const code = character.charCodeAt(0).toString(16).padStart(4, "0");
      return `\\u${code}`;
    })
    .replace(LONE_SURROGATES, "\ufffd");
}
