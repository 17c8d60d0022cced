/**
 * Formats figures as short text, in one place for tree, status bar, charts and reports. Pure and total:
 * anything but a finite number becomes `–`, never `NaN`.
 */
import { formatNumber, plural, t } from "../../core/language.ts";
import { bounded } from "../../core/limits.ts";
import { taskNameOfTitle } from "../../core/state/clusterTasks.ts";
import type { CostState } from "../../core/usage/usage.ts";

/** Shown where a figure is unknown. Unknown is never shown as zero. */
export const UNKNOWN = "–";

/** Tokens in at most five characters: `950`, `1.2k`, `45.2k`, `452k`, `1.23M`, `3.4B`. */
export function formatTokens(tokens: number): string {
  if (!Number.isFinite(tokens)) return UNKNOWN;
  const { amount, unit } = shortTokens(tokens);
  return `${amount}${unit}`;
}

/** Tokens as an amount and its unit: `45.2` and `k`. */
export function shortTokens(tokens: number): {
  readonly amount: string;
  readonly unit: "" | "k" | "M" | "B";
} {
  const count = Math.round(Math.abs(tokens));
  const sign = tokens < 0 && count > 0 ? "-" : "";
  if (count < 1000) return { amount: `${sign}${count}`, unit: "" };
  if (count < 999_500) return { amount: `${sign}${threeDigits(count / 1e3, 1)}`, unit: "k" };
  if (count < 999_500_000) return { amount: `${sign}${threeDigits(count / 1e6, 2)}`, unit: "M" };
  return { amount: `${sign}${threeDigits(count / 1e9, 2)}`, unit: "B" };
}

/** Three significant digits, at most `maxDecimals` of them after the decimal point, no trailing zeros. */
function threeDigits(value: number, maxDecimals: number): string {
  const decimals = Math.min(maxDecimals, value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
  return formatNumber(value, UP_TO[decimals]);
}

const UP_TO: Readonly<Record<number, Intl.NumberFormatOptions>> = {
  0: { maximumFractionDigits: 0 },
  1: { maximumFractionDigits: 1 },
  2: { maximumFractionDigits: 2 },
};

/** A whole number with thousands separators: `1,234,567`. */
export function formatCount(count: number): string {
  if (!Number.isFinite(count)) return UNKNOWN;
  return formatNumber(Math.round(count) + 0, UP_TO[0]);
}

/**
 * US dollars, whatever the display currency, marked by cost state: `$0.23`, `$0.0034`, `$1,234.56`;
 * `~$0.23` estimated, `≥ $0.23` partial, `–` unpriced.
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
  if (amount > 0 && amount < 0.00005) return `${sign}<${formatNumber(0.0001, FINE_USD)}`;
  return `${sign}${formatNumber(amount, isFine(amount) ? FINE_USD : USD)}`;
}

/** Amounts below a cent need four decimals to keep two significant digits. */
function isFine(amount: number): boolean {
  return amount > 0 && amount < 0.00995;
}

/** The digits of a US dollar amount, to be followed by the currency's name: `1,234.56`, `0.0034`. */
export function usdDigits(usd: number): string {
  return formatNumber(usd, isFine(Math.abs(usd)) ? FINE_DIGITS : DIGITS);
}

const DIGITS = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
const FINE_DIGITS = { minimumFractionDigits: 4, maximumFractionDigits: 4 };
const DOLLARS = { style: "currency", currency: "USD", currencyDisplay: "narrowSymbol" } as const;
const USD = { ...DOLLARS, ...DIGITS };
const FINE_USD = { ...DOLLARS, ...FINE_DIGITS };

/** A percentage: `63%`. Never `0%` for a non-zero value nor `100%` for less than all; `–` when unknown. */
export function formatPercent(percent: number | undefined): string {
  if (percent === undefined || !Number.isFinite(percent)) return UNKNOWN;
  if (percent > 0 && percent < 1) return `<${formatNumber(0.01, PERCENT)}`;
  return formatNumber(wholePercent(percent) / 100, PERCENT);
}

/** A percentage as a whole number, rounded like `formatPercent`. */
export function wholePercent(percent: number): number {
  return percent > 99 && percent < 100 ? 99 : Math.round(percent) + 0;
}

const PERCENT = { style: "percent" } as const;

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Age in one unit: `now`, `2m`, `3h`, `5d`, `4mo`, `2y`. Times in the future count as `now`. */
export function formatRelativeTime(ms: number, nowMs: number): string {
  const age = ageOf(nowMs - ms);
  if (age === undefined) return UNKNOWN;
  switch (age.unit) {
    case "now":
      return t("now");
    case "minute":
      return t("{0}m", age.count);
    case "hour":
      return t("{0}h", age.count);
    case "day":
      return t("{0}d", age.count);
    case "month":
      return t("{0}mo", age.count);
    case "year":
      return t("{0}y", age.count);
  }
}

/** The same in words, for screen readers: `just now`, `2 minutes ago`. */
export function spokenAge(ms: number, nowMs: number): string {
  const age = ageOf(nowMs - ms);
  switch (age?.unit) {
    case undefined:
    case "now":
      return t("just now");
    case "minute":
      return plural(age.count, "{0} minute ago", "{0} minutes ago");
    case "hour":
      return plural(age.count, "{0} hour ago", "{0} hours ago");
    case "day":
      return plural(age.count, "{0} day ago", "{0} days ago");
    case "month":
      return plural(age.count, "{0} month ago", "{0} months ago");
    case "year":
      return plural(age.count, "{0} year ago", "{0} years ago");
  }
}

/** Time until a future moment, in one unit: `under 1m`, `2m`, `3h`. */
export function formatTimeAhead(ms: number, nowMs: number): string {
  return ms - nowMs < MINUTE_MS ? t("under 1m") : formatRelativeTime(nowMs, ms);
}

interface Age {
  readonly count: number;
  readonly unit: "now" | "minute" | "hour" | "day" | "month" | "year";
}

function ageOf(ageMs: number): Age | undefined {
  if (!Number.isFinite(ageMs)) return undefined;
  if (ageMs < MINUTE_MS) return { count: 0, unit: "now" };
  if (ageMs < HOUR_MS) return { count: Math.floor(ageMs / MINUTE_MS), unit: "minute" };
  if (ageMs < DAY_MS) return { count: Math.floor(ageMs / HOUR_MS), unit: "hour" };
  const days = Math.floor(ageMs / DAY_MS);
  if (days < 60) return { count: days, unit: "day" };
  if (days < 730) return { count: Math.floor(days / 30.44), unit: "month" };
  return { count: Math.floor(days / 365.25), unit: "year" };
}

/** A duration in its two largest units: `850 ms`, `4.2 s`, `2m 05s`, `1h 03m`, `2d 4h`. */
export function formatDuration(durationMs: number): string {
  if (!Number.isFinite(durationMs)) return UNKNOWN;
  const ms = Math.max(0, Math.round(durationMs));
  if (ms < SECOND_MS) return `${String(ms)} ms`;
  if (ms < 59_950) return `${formatNumber(ms / SECOND_MS, ONE_DECIMAL)} s`;
  const seconds = Math.round(ms / SECOND_MS);
  if (seconds < 3600) return t("{0}m {1}s", Math.floor(seconds / 60), twoDigits(seconds % 60));
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return t("{0}h {1}m", Math.floor(minutes / 60), twoDigits(minutes % 60));
  const hours = Math.floor(minutes / 60);
  return t("{0}d {1}h", Math.floor(hours / 24), hours % 24);
}

const ONE_DECIMAL = { minimumFractionDigits: 1, maximumFractionDigits: 1 };

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

/** Local time of day, the same in every language: `14:05:09`. */
export function formatTimeOfDay(ms: number): string {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return UNKNOWN;
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(":");
}

/** Local date and time in ISO 8601 style, the same in every language: `2026-11-21 14:05:09`. */
export function formatDateTime(ms: number): string {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return UNKNOWN;
  const day = [date.getFullYear(), twoDigits(date.getMonth() + 1), twoDigits(date.getDate())];
  return `${day.join("-")} ${formatTimeOfDay(ms)}`;
}

/** Display name of a session without a usable title. */
export const UNTITLED = t("Untitled");

// Control characters not covered by \s, bidi controls and marks that reorder or hide text. The
// zero-width joiner stays: emoji use it.
const UNSAFE_CHARACTERS =
  /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
const LONE_SURROGATES = /\p{Surrogate}/gu;
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;
// Most titles: printable ASCII, single spaces between words.
const PLAIN = /^[!-~]+(?: [!-~]+)*$/;

// What OpenCode calls a session, or a fork of it, until it has an answer to name it after.
const NEW_SESSION =
  /^(New|Child) session - \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z( \(fork #\d+\))?$/;

/** A session's title, without the time in those OpenCode gives new sessions: rows and tooltips have it as an age. */
export function withoutTime(title: string): string {
  const [, kind, fork = ""] = NEW_SESSION.exec(title) ?? [];
  if (kind === undefined) return title;
  return (kind === "New" ? t("New session") : t("New sub-session")) + fork;
}

let segmenter: Intl.Segmenter | undefined;

/**
 * A title fit for one line of plain text: line breaks become spaces, control and bidi characters are
 * removed, and anything longer than `maxLength` graphemes is cut off with `…`. Text without a visible
 * character becomes `Untitled`; the title of a task in a cluster becomes the task's name, and OpenCode's title of a new
 * session loses its time. Markdown and HTML are left as is: escape them where they matter.
 */
export function cleanTitle(title: string, maxLength = 80): string {
  const text = taskNameOfTitle(title) ?? withoutTime(title);
  if (text.length <= maxLength * 16 && PLAIN.test(text)) {
    return text.length <= maxLength ? text : `${text.slice(0, maxLength - 1).trimEnd()}…`;
  }
  // Titles may be of any length: only process what can be shown.
  const clean = bounded(text.trimStart(), maxLength * 16)
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
 * Text the user decides about: control characters and those that hide or reorder text are escaped
 * (`\u202e`), so that nothing is hidden. Line breaks and tabs stay.
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
