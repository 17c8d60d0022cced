const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A span of time with a constant offset from UTC. */
interface Stretch {
  readonly startMs: number;
  readonly offsetMs: number;
}

/** Whether a name is an IANA time zone known to this machine. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/**
 * Local time in one IANA zone over a span of time, including daylight saving changes. The changes are found once,
 * in the constructor; queries are only arithmetic. An unknown zone is treated as UTC.
 */
export class ZoneClock {
  readonly #stretches: readonly Stretch[];

  constructor(timeZone: string, fromMs: number, untilMs: number) {
    const offsetAt = offsetsOf(isTimeZone(timeZone) ? timeZone : "UTC");
    // Extend both sides: the bucket that contains an end may start there.
    const from = Math.floor(fromMs / 1000) * 1000 - 2 * DAY_MS;
    const stretches: Stretch[] = [{ startMs: -Infinity, offsetMs: offsetAt(from) }];
    let offsetMs = offsetAt(from);
    for (let at = from; at < untilMs + 2 * DAY_MS; at += DAY_MS) {
      const nextMs = offsetAt(at + DAY_MS);
      if (nextMs === offsetMs) continue;
      let before = at;
      let after = at + DAY_MS;
      while (after - before > 1000) {
        const middle = Math.floor((before + after) / 2000) * 1000;
        if (offsetAt(middle) === offsetMs) before = middle;
        else after = middle;
      }
      stretches.push({ startMs: after, offsetMs: nextMs });
      offsetMs = nextMs;
    }
    this.#stretches = stretches;
  }

  /** Local time minus UTC, in milliseconds. */
  offsetMs(atMs: number): number {
    let offsetMs = 0;
    for (const stretch of this.#stretches) {
      if (stretch.startMs > atMs) break;
      offsetMs = stretch.offsetMs;
    }
    return offsetMs;
  }

  /** Local day that contains `atMs`, in days since 1970-01-01. */
  dayOf(atMs: number): number {
    return Math.floor((atMs + this.offsetMs(atMs)) / DAY_MS);
  }

  /** When a local day starts: at midnight, or later if the clocks skip midnight. */
  startOfDay(day: number): number {
    const localMs = day * DAY_MS;
    for (const [index, { startMs, offsetMs }] of this.#stretches.entries()) {
      const endMs = this.#stretches[index + 1]?.startMs ?? Infinity;
      const atMs = localMs - offsetMs;
      if (atMs >= endMs) continue;
      return Math.max(atMs, startMs);
    }
    return localMs;
  }

  /** When the local hour that contains `atMs` started; an hour the clocks repeat counts as two hours. */
  startOfHour(atMs: number): number {
    const stretch = this.#stretches.findLast((one) => one.startMs <= atMs);
    return Math.max(this.#hourMark(atMs), stretch?.startMs ?? -Infinity);
  }

  /** When the next local hour starts: a clock change may cut this one short. */
  nextHour(atMs: number): number {
    const change = this.#stretches.find((stretch) => stretch.startMs > atMs);
    return Math.min(this.#hourMark(atMs) + HOUR_MS, change?.startMs ?? Infinity);
  }

  #hourMark(atMs: number): number {
    const offsetMs = this.offsetMs(atMs);
    return Math.floor((atMs + offsetMs) / HOUR_MS) * HOUR_MS - offsetMs;
  }
}

function offsetsOf(timeZone: string): (atMs: number) => number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    era: "short",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  return (atMs) => {
    const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
    const number = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type) ?? 0);
    const localMs = Date.UTC(
      number("year"),
      number("month") - 1,
      number("day"),
      number("hour"),
      number("minute"),
      number("second"),
    );
    return localMs - atMs;
  };
}
