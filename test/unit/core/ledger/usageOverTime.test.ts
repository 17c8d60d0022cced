import assert from "node:assert/strict";
import {
  bucketAt,
  bucketIndex,
  MAX_BUCKETS,
  startsOf,
  timeBuckets,
} from "../../../../src/core/ledger/timeBuckets.ts";
import { heatLevels, usageOverTime } from "../../../../src/core/ledger/usageOverTime.ts";
import { isTimeZone, ZoneClock } from "../../../../src/core/ledger/zoneClock.ts";
import { aRow, aTable } from "../../../support/seed/ledger.ts";

const HOUR = 3_600_000;
const NO_PRICES = new Map<string, never>();

/** Length of each bucket, in hours. */
function lengths(buckets: readonly { startMs: number; endMs: number }[]): number[] {
  return buckets.map(({ startMs, endMs }) => (endMs - startMs) / HOUR);
}

describe("time buckets in a zone", () => {
  it("include days of 23 and 25 hours when the clocks change in Berlin", () => {
    const zone = { timeZone: "Europe/Berlin" };
    const spring = timeBuckets("day", Date.UTC(2026, 2, 27, 23), Date.UTC(2026, 2, 30, 22), zone);
    assert.deepEqual(
      spring.map(({ name }) => name),
      ["2026-03-28", "2026-03-29", "2026-03-30"],
    );
    assert.deepEqual(lengths(spring), [24, 23, 24]);
    assert.equal(spring[1]?.startMs, Date.UTC(2026, 2, 28, 23));
    const autumn = timeBuckets("day", Date.UTC(2026, 9, 24, 0), Date.UTC(2026, 9, 26, 22), zone);
    assert.deepEqual(lengths(autumn), [24, 25, 24]);
  });

  it("include them on other days in New York", () => {
    const zone = { timeZone: "America/New_York" };
    const spring = timeBuckets("day", Date.UTC(2026, 2, 7, 12), Date.UTC(2026, 2, 9, 12), zone);
    assert.deepEqual(
      spring.map(({ name }) => name),
      ["2026-03-07", "2026-03-08", "2026-03-09"],
    );
    assert.deepEqual(lengths(spring), [24, 23, 24]);
    const autumn = timeBuckets("day", Date.UTC(2026, 9, 31, 12), Date.UTC(2026, 10, 2, 12), zone);
    assert.deepEqual(lengths(autumn), [24, 25, 24]);
  });

  it("leave out the skipped hour and contain the repeated one twice", () => {
    const zone = { timeZone: "Europe/Berlin" };
    const spring = timeBuckets("hour", Date.UTC(2026, 2, 29, 0), Date.UTC(2026, 2, 29, 3), zone);
    assert.deepEqual(
      spring.map(({ name }) => name),
      ["2026-03-29T01:00+01:00", "2026-03-29T03:00+02:00", "2026-03-29T04:00+02:00"],
    );
    const autumn = timeBuckets("hour", Date.UTC(2026, 9, 25, 0), Date.UTC(2026, 9, 25, 2), zone);
    assert.deepEqual(
      autumn.map(({ name }) => name),
      ["2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00"],
    );
    const newYork = timeBuckets("hour", Date.UTC(2026, 10, 1, 5), Date.UTC(2026, 10, 1, 7), {
      timeZone: "America/New_York",
    });
    assert.deepEqual(
      newYork.map(({ name }) => name),
      ["2026-11-01T01:00-04:00", "2026-11-01T01:00-05:00"],
    );
    assert.deepEqual(lengths([...spring, ...autumn, ...newYork]), [1, 1, 1, 1, 1, 1, 1]);
  });

  it("start a day even if midnight itself is skipped", () => {
    // Clocks in Santiago jump from 24:00 to 01:00.
    const day = bucketAt("day", Date.UTC(2026, 8, 6, 12), { timeZone: "America/Santiago" });
    assert.equal(day.name, "2026-09-06");
    assert.equal(day.startMs, Date.UTC(2026, 8, 6, 4));
    assert.equal(day.endMs - day.startMs, 23 * HOUR);
  });

  it("handle half-hour clock changes and zones with fractional offsets", () => {
    const lordHowe = timeBuckets("hour", Date.UTC(2026, 3, 4, 14), Date.UTC(2026, 3, 4, 16), {
      timeZone: "Australia/Lord_Howe",
    });
    assert.deepEqual(lengths(lordHowe), [1, 0.5, 1]);
    assert.equal(
      bucketAt("hour", Date.UTC(2026, 0, 1, 0, 10), { timeZone: "Asia/Kathmandu" }).name,
      "2026-01-01T05:00+05:45",
    );
  });

  it("can be weeks from any first day, and months of their actual lengths", () => {
    const zone = { timeZone: "Europe/Berlin" };
    const at = Date.UTC(2026, 2, 29, 12);
    assert.equal(bucketAt("week", at, zone).name, "2026-03-23");
    assert.equal(bucketAt("week", at, { ...zone, weekStart: 0 }).name, "2026-03-29");
    const week = bucketAt("week", at, zone);
    assert.equal(week.endMs - week.startMs, (7 * 24 - 1) * HOUR);
    const months = timeBuckets("month", Date.UTC(2024, 1, 10), Date.UTC(2024, 3, 2), zone);
    assert.deepEqual(
      months.map(({ name }) => name),
      ["2024-02", "2024-03", "2024-04"],
    );
    assert.deepEqual(lengths(months), [29 * 24, 31 * 24 - 1, 30 * 24]);
  });

  it("agree with the machine's own calendar over two years", () => {
    for (const timeZone of ["Europe/Berlin", "America/New_York", "Africa/Casablanca", "UTC"]) {
      const format = new Intl.DateTimeFormat("sv-SE", {
        timeZone,
        dateStyle: "short",
        timeStyle: "medium",
      });
      const from = Date.UTC(2025, 0, 1);
      const clock = new ZoneClock(timeZone, from, Date.UTC(2027, 0, 1));
      for (let at = from; at < Date.UTC(2027, 0, 1); at += 7 * HOUR + 61_000) {
        const local = new Date(at + clock.offsetMs(at))
          .toISOString()
          .slice(0, 19)
          .replace("T", " ");
        assert.equal(local, format.format(at), timeZone);
      }
    }
  });

  it("have no gaps, and put every moment in exactly one bucket", () => {
    for (const unit of ["hour", "day", "week", "month"] as const) {
      const from = Date.UTC(2026, 2, 1, 7, 13);
      const until = Date.UTC(2026, 10, 20, 3);
      const buckets = timeBuckets(unit, from, until, { timeZone: "Europe/Berlin" });
      const starts = startsOf(buckets);
      for (const [index, bucket] of buckets.entries()) {
        assert.ok(bucket.startMs < bucket.endMs);
        assert.equal(bucket.endMs, buckets[index + 1]?.startMs ?? bucket.endMs);
        assert.equal(bucketIndex(starts, bucket.startMs), index);
        assert.equal(bucketIndex(starts, bucket.endMs - 1), index);
      }
      assert.ok(buckets[0]!.startMs <= from && buckets.at(-1)!.endMs >= until);
      assert.equal(bucketIndex(starts, buckets[0]!.startMs - 1), -1);
      assert.equal(bucketIndex(starts, buckets.at(-1)!.endMs), -1);
    }
  });

  it("use UTC for an unknown zone and are empty for an impossible span", () => {
    assert.equal(isTimeZone("Mars/Olympus"), false);
    const day = bucketAt("day", Date.UTC(2026, 0, 1, 5), { timeZone: "Mars/Olympus" });
    assert.equal(day.startMs, Date.UTC(2026, 0, 1));
    const zone = { timeZone: "UTC" };
    assert.deepEqual(timeBuckets("day", 5, 5, zone), []);
    assert.deepEqual(timeBuckets("day", Number.NaN, 5, zone), []);
    assert.deepEqual(timeBuckets("day", -Infinity, Infinity, zone), []);
    assert.deepEqual(timeBuckets("hour", 0, 1e18, zone), []);
    const many = timeBuckets("hour", 0, Date.UTC(2026, 0, 1), zone);
    assert.ok(many.length <= MAX_BUCKETS + 1 && many.at(-1)?.endMs === Date.UTC(2026, 0, 1));
  });
});

describe("usage over time", () => {
  const zone = { timeZone: "Europe/Berlin" };
  const nowMs = Date.UTC(2026, 2, 31, 10);
  const row = (messageID: string, createdMs: number, costUSD: number, modelID = "sonnet") =>
    aRow({ messageID, createdMs, costUSD, modelID });

  it("counts each answer on its local day", () => {
    const table = aTable({
      rows: [
        row("a", Date.UTC(2026, 2, 28, 22, 59), 0.1),
        row("b", Date.UTC(2026, 2, 28, 23, 1), 0.2),
        row("c", Date.UTC(2026, 2, 29, 21, 59), 0.4),
        row("d", Date.UTC(2026, 2, 29, 22, 1), 0.8),
      ],
    });
    const { buckets } = usageOverTime(table, { ...zone, unit: "day", nowMs }, {}, NO_PRICES);
    assert.deepEqual(
      buckets.map(({ name, sum }) => [name, sum.spent.recordedUSD]),
      [
        ["2026-03-28", 0.1],
        ["2026-03-29", 0.6],
        ["2026-03-30", 0.8],
        ["2026-03-31", 0],
      ],
    );
  });

  it("keeps the two passes of a repeated hour separate", () => {
    const table = aTable({
      rows: [
        row("a", Date.UTC(2026, 9, 25, 0, 30), 0.1),
        row("b", Date.UTC(2026, 9, 25, 1, 30), 0.2),
      ],
    });
    const { buckets } = usageOverTime(
      table,
      { ...zone, unit: "hour", nowMs: Date.UTC(2026, 9, 25, 2) },
      {},
      NO_PRICES,
    );
    assert.deepEqual(
      buckets.slice(0, 2).map(({ name, sum }) => [name, sum.spent.recordedUSD]),
      [
        ["2026-10-25T02:00+02:00", 0.1],
        ["2026-10-25T02:00+01:00", 0.2],
      ],
    );
  });

  it("covers exactly the requested span", () => {
    const table = aTable({ rows: [row("a", nowMs - 48 * HOUR, 1), row("b", nowMs - HOUR, 2)] });
    const query = { fromMs: nowMs - 24 * HOUR, untilMs: nowMs };
    const { buckets, undated } = usageOverTime(
      table,
      { ...zone, unit: "hour", nowMs },
      query,
      NO_PRICES,
    );
    assert.equal(buckets.length, 24);
    assert.equal(
      buckets.reduce((sum, bucket) => sum + bucket.sum.spent.recordedUSD, 0),
      2,
    );
    assert.equal(undated.messages, 0);
    // An hour cut by the span counts only what is inside.
    const half = usageOverTime(
      table,
      { ...zone, unit: "day", nowMs },
      { fromMs: nowMs - HOUR / 2, untilMs: nowMs },
      NO_PRICES,
    );
    assert.equal(half.buckets[0]?.sum.messages, 0);
  });

  it("reports usage without a plausible date separately, as after a clock change", () => {
    const table = aTable({
      rows: [
        row("a", nowMs, 1),
        row("b", 0, 2),
        row("c", Date.UTC(1999, 0, 1), 4),
        row("d", Date.UTC(2199, 0, 1), 8),
        row("e", nowMs + 20 * HOUR, 16),
      ],
    });
    const { buckets, undated } = usageOverTime(
      table,
      { ...zone, unit: "day", nowMs },
      {},
      NO_PRICES,
    );
    assert.ok(buckets.length <= 3);
    assert.equal(
      buckets.reduce((sum, bucket) => sum + bucket.sum.spent.recordedUSD, 0),
      17,
    );
    assert.equal(undated.spent.recordedUSD, 14);
  });

  it("is broken down by model, with the cheaper ones combined", () => {
    const table = aTable({
      rows: ["m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9"].flatMap((modelID, index) => [
        row(`${modelID}a`, nowMs, index + 1, modelID),
        row(`${modelID}b`, nowMs - 24 * HOUR, 10 * (index + 1), modelID),
      ]),
    });
    const over = usageOverTime(
      table,
      { ...zone, unit: "day", nowMs, stack: "model" },
      {},
      NO_PRICES,
    );
    assert.deepEqual(over.stack, [
      ...["acme/m9", "acme/m8", "acme/m7", "acme/m6", "acme/m5", "acme/m4", "acme/m3"],
      undefined,
    ]);
    assert.deepEqual(
      over.buckets.map(({ parts }) => parts.map(({ spent }) => spent.recordedUSD)),
      [
        [90, 80, 70, 60, 50, 40, 30, 30],
        [9, 8, 7, 6, 5, 4, 3, 3],
      ],
    );
    for (const { sum, parts } of over.buckets) {
      assert.equal(
        parts.reduce((all, part) => all + part.spent.recordedUSD, 0),
        sum.spent.recordedUSD,
      );
    }
  });

  it("is empty for an empty ledger", () => {
    const over = usageOverTime(
      aTable({}),
      { ...zone, unit: "day", nowMs, stack: "model" },
      {},
      NO_PRICES,
    );
    assert.deepEqual(over.buckets, []);
    assert.deepEqual(over.stack, []);
  });

  it("colours a calendar by quartiles of the days with usage", () => {
    assert.deepEqual(heatLevels([0, 1, 2, 3, 4, 0]), [0, 1, 2, 3, 4, 0]);
    assert.deepEqual(heatLevels([5]), [1]);
    assert.deepEqual(heatLevels([7, 7, 7]), [1, 1, 1]);
    assert.deepEqual(heatLevels([0, Number.NaN]), [0, 0]);
    assert.deepEqual(heatLevels([]), []);
  });
});
