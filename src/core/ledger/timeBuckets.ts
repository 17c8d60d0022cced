import { ZoneClock } from "./zoneClock.ts";

export type TimeUnit = "hour" | "day" | "week" | "month";

/** First day of the week: 0 Sunday … 6 Saturday. */
export type Weekday = 0 | 1 | 2 | 3 | 4 | 5 | 6;

/** How time is divided into buckets. */
export interface Calendar {
  /** IANA name; an unknown one is treated as UTC. */
  readonly timeZone: string;
  /** Default Monday. */
  readonly weekStart?: Weekday;
}

/** A span of time in a time zone: from `startMs` (inclusive) to `endMs` (exclusive). */
export interface TimeBucket {
  readonly startMs: number;
  readonly endMs: number;
  /**
   * `2026-03`, `2026-03-29` (for a week: its first day), or `2026-03-29T02:00+01:00`. Unique, because an hour
   * that the clocks repeat has a different offset.
   */
  readonly name: string;
}

/** More buckets than a chart or table can show: a longer span is reduced to the newest ones. */
export const MAX_BUCKETS = 20_000;

const DAY_MS = 86_400_000;
/** Slightly less than the largest valid date. */
const MAX_TIME_MS = 8e15;
const MONDAY: Weekday = 1;

/**
 * The buckets that cover a span, oldest first, without gaps; the outer ones may extend beyond it. Days, weeks and
 * months start at local midnight, so those with a clock change are an hour shorter or longer.
 */
export function timeBuckets(
  unit: TimeUnit,
  fromMs: number,
  untilMs: number,
  calendar: Calendar,
): TimeBucket[] {
  if (!(fromMs < untilMs) || fromMs < -MAX_TIME_MS || untilMs > MAX_TIME_MS) return [];
  const longestMs = { hour: 3_600_000, day: DAY_MS, week: 7 * DAY_MS, month: 31 * DAY_MS }[unit];
  const beginMs = Math.max(fromMs, untilMs - MAX_BUCKETS * longestMs);
  const reachMs = 32 * DAY_MS;
  const clock = new ZoneClock(calendar.timeZone, beginMs - reachMs, untilMs + reachMs);
  const starts: number[] = [];
  if (unit === "hour") {
    let at = clock.startOfHour(beginMs);
    while (at < untilMs) {
      starts.push(at);
      at = clock.nextHour(at);
    }
    starts.push(at);
  } else {
    let day = firstDay(unit, clock.dayOf(beginMs), calendar.weekStart ?? MONDAY);
    while (clock.startOfDay(day) < untilMs) {
      starts.push(clock.startOfDay(day));
      day = nextDay(unit, day);
    }
    starts.push(clock.startOfDay(day));
  }
  return starts.slice(0, -1).map((startMs, index) => ({
    startMs,
    endMs: starts[index + 1] ?? startMs,
    name: nameOf(unit, startMs, clock.offsetMs(startMs)),
  }));
}

/** The bucket that contains a point in time. */
export function bucketAt(unit: TimeUnit, atMs: number, calendar: Calendar): TimeBucket {
  const [bucket] = timeBuckets(unit, atMs, atMs + 1, calendar);
  return bucket ?? { startMs: atMs, endMs: atMs, name: "" };
}

/** The span of the last days, up to the end of the one that contains a point in time. */
export function lastDays(
  count: number,
  atMs: number,
  calendar: Calendar,
): Pick<TimeBucket, "startMs" | "endMs"> {
  const { startMs, endMs } = bucketAt("day", atMs, calendar);
  // Counted back from the middle of the day, so that days of 23 and 25 hours count as one.
  const middleMs = (startMs + endMs) / 2;
  const first = bucketAt("day", middleMs - (count - 1) * DAY_MS, calendar);
  return { startMs: first.startMs, endMs };
}

/** Index of the bucket that contains `atMs`, or -1. `starts` holds the buckets' starts, then the end. */
export function bucketIndex(starts: Float64Array, atMs: number): number {
  let low = 0;
  let high = starts.length - 1;
  if (high < 1 || atMs < (starts[0] ?? 0) || atMs >= (starts[high] ?? 0)) return -1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= atMs) low = middle;
    else high = middle;
  }
  return low;
}

/** The buckets' starts and the end of the last one, for `bucketIndex`. */
export function startsOf(buckets: readonly TimeBucket[]): Float64Array {
  const last = buckets.at(-1);
  return Float64Array.from(
    last === undefined ? [] : [...buckets.map(({ startMs }) => startMs), last.endMs],
  );
}

function firstDay(unit: "day" | "week" | "month", day: number, weekStart: Weekday): number {
  switch (unit) {
    case "day":
      return day;
    case "week":
      // 1970-01-01 was a Thursday.
      return day - ((((day + 4 - weekStart) % 7) + 7) % 7);
    case "month":
      return day - (new Date(day * DAY_MS).getUTCDate() - 1);
  }
}

function nextDay(unit: "day" | "week" | "month", day: number): number {
  switch (unit) {
    case "day":
      return day + 1;
    case "week":
      return day + 7;
    case "month": {
      const date = new Date(day * DAY_MS);
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) / DAY_MS;
    }
  }
}

function nameOf(unit: TimeUnit, startMs: number, offsetMs: number): string {
  const local = new Date(startMs + offsetMs).toISOString();
  if (unit === "month") return local.slice(0, 7);
  if (unit !== "hour") return local.slice(0, 10);
  const minutes = Math.round(Math.abs(offsetMs) / 60_000);
  const two = (number: number): string => String(number).padStart(2, "0");
  const sign = offsetMs < 0 ? "-" : "+";
  return `${local.slice(0, 16)}${sign}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
