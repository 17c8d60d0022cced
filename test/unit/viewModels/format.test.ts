import assert from "node:assert/strict";
import { describe, it } from "mocha";

import type { Usage } from "../../../src/core/usage/usage.ts";
import {
  cleanTitle,
  formatBytes,
  formatCount,
  formatDateTime,
  formatDuration,
  formatPercent,
  formatRelativeTime,
  formatTimeOfDay,
  formatTokens,
  formatUSD,
} from "../../../src/viewModels/text/format.ts";
import { formatCost } from "../../../src/viewModels/text/money.ts";

/** Checks a formatter against a table of input and expected text. */
function table<T>(format: (value: T) => string, rows: readonly (readonly [T, string])[]): void {
  for (const [value, expected] of rows) assert.equal(format(value), expected, String(value));
}

function usage(figures: Partial<Usage>): Usage {
  const tokens = { input: 10, output: 0, reasoning: 0, cache: { read: 0, write: 0 } };
  return { tokens, recordedUSD: 0, estimatedUSD: 0, unpricedTokens: 0, ...figures };
}

describe("formatting", () => {
  it("shortens tokens to three digits", () => {
    table(formatTokens, [
      [0, "0"],
      [999, "999"],
      [1000, "1k"],
      [1249, "1.2k"],
      [45_200, "45.2k"],
      [99_960, "100k"],
      [452_499, "452k"],
      [999_499, "999k"],
      [999_500, "1M"],
      [1_234_567, "1.23M"],
      [45_250_000, "45.3M"],
      [303_643_597, "304M"],
      [2_000_000_000, "2B"],
      [-1500, "-1.5k"],
      [-0.2, "0"],
      [Number.NaN, "–"],
      [Number.POSITIVE_INFINITY, "–"],
    ]);
  });

  it("groups whole numbers by thousands", () => {
    table(formatCount, [
      [0, "0"],
      [999, "999"],
      [1000, "1,000"],
      [1_234_567.4, "1,234,567"],
      [-1234, "-1,234"],
      [Number.NaN, "–"],
    ]);
  });

  it("shows dollars in cents, small sums with more digits", () => {
    table(
      (usd: number) => formatUSD(usd),
      [
        [0, "$0.00"],
        [0.00001, "<$0.0001"],
        [0.0034, "$0.0034"],
        [0.0099, "$0.0099"],
        [0.00999, "$0.01"],
        [0.23, "$0.23"],
        [1, "$1.00"],
        [1234.567, "$1,234.57"],
        [2_574_011.7, "$2,574,011.70"],
        [-0.5, "-$0.50"],
        [Number.NaN, "–"],
      ],
    );
  });

  it("shows how reliable a cost is", () => {
    assert.equal(formatCost(usage({ recordedUSD: 0.23 })), "$0.23");
    assert.equal(formatCost(usage({ recordedUSD: 0.2, estimatedUSD: 0.03 })), "~$0.23");
    assert.equal(formatCost(usage({ recordedUSD: 0.23, unpricedTokens: 10 })), "≥ $0.23");
    assert.equal(formatCost(usage({ unpricedTokens: 10 })), "–");
    assert.equal(formatCost(usage({})), "$0.00");
  });

  it("never rounds a share to 0% or 100%", () => {
    table(formatPercent, [
      [0, "0%"],
      [0.2, "<1%"],
      [62.5, "63%"],
      [99.7, "99%"],
      [100, "100%"],
      [131.2, "131%"],
      [undefined, "–"],
      [Number.NaN, "–"],
    ]);
  });

  it("shows age in one unit", () => {
    const nowMs = 1_800_000_000_000;
    const minuteMs = 60_000;
    table(
      (ageMs: number) => formatRelativeTime(nowMs - ageMs, nowMs),
      [
        [-5000, "now"],
        [59_999, "now"],
        [2 * minuteMs, "2m"],
        [59.9 * minuteMs, "59m"],
        [3 * 60 * minuteMs, "3h"],
        [5 * 24 * 60 * minuteMs, "5d"],
        [130 * 24 * 60 * minuteMs, "4mo"],
        [800 * 24 * 60 * minuteMs, "2y"],
        [Number.NaN, "–"],
      ],
    );
  });

  it("shows durations in their two largest units", () => {
    table(formatDuration, [
      [0, "0 ms"],
      [850, "850 ms"],
      [4200, "4.2 s"],
      [59_949, "59.9 s"],
      [59_960, "1m 00s"],
      [125_000, "2m 05s"],
      [3_599_600, "1h 00m"],
      [3_780_000, "1h 03m"],
      [187_200_000, "2d 4h"],
      [-5, "0 ms"],
      [Number.NaN, "–"],
    ]);
  });

  it("shows sizes with decimal prefixes", () => {
    table(formatBytes, [
      [0, "0 B"],
      [999, "999 B"],
      [1234, "1.2 kB"],
      [45_200_000, "45.2 MB"],
      [1_230_000_000, "1.23 GB"],
      [Number.NaN, "–"],
    ]);
  });

  it("shows times in local time", () => {
    const ms = new Date(2026, 10, 21, 4, 5, 9).getTime();
    assert.equal(formatTimeOfDay(ms), "04:05:09");
    assert.equal(formatDateTime(ms), "2026-11-21 04:05:09");
    assert.equal(formatDateTime(Number.NaN), "–");
    assert.equal(formatTimeOfDay(8.64e15 + 1), "–");
  });

  it("makes titles fit on one line", () => {
    table(
      (title: string) => cleanTitle(title),
      [
        ["New session - 2026-11-24T22:04:15.533Z", "New session"],
        ["New session - 2026-11-24T22:04:15.533Z (fork #2)", "New session (fork #2)"],
        ["Child session - 2026-11-24T22:04:15.533Z", "New sub-session"],
        ["New session - of the council", "New session - of the council"],
        ["Fix the parser", "Fix the parser"],
        ["  two\r\n\tlines\u2028here ", "two lines here"],
        ["a\u0000b\u001b[31mc\u009b", "ab[31mc"],
        ["safe\u202egnp.exe\u2069", "safegnp.exe"],
        ["\u200b\ufeff \u00ad", "Untitled"],
        ["", "Untitled"],
        ["\u200d\u0301", "Untitled"],
        ["<b>bold</b> **md**", "<b>bold</b> **md**"],
        ["half \ud83d pair", "half \ufffd pair"],
      ],
    );
  });

  it("truncates plain titles like others", () => {
    const words = "one two three four five";
    for (let length = 2; length < 24; length++) {
      const other = cleanTitle(words.replace("one", "öne"), length).replace("ö", "o");
      assert.equal(cleanTitle(words, length), other);
    }
  });

  it("truncates long titles between characters, never inside an emoji", () => {
    assert.equal(cleanTitle("abcdef", 6), "abcdef");
    assert.equal(cleanTitle("kubeopencode/dev/count-stars/0a1b2c3d"), "count-stars");
    assert.equal(cleanTitle("kubeopencode/dev/count-stars"), "kubeopencode/dev/count-stars");
    assert.equal(cleanTitle("abcdefg", 6), "abcde…");
    assert.equal(cleanTitle("abcd efg", 6), "abcd…");
    const family = "👨‍👩‍👧‍👦";
    assert.equal(cleanTitle(family.repeat(4), 4), family.repeat(4));
    assert.equal(cleanTitle(family.repeat(5), 4), `${family.repeat(3)}…`);
    assert.equal(cleanTitle("x".repeat(10_000), 20), `${"x".repeat(19)}…`);
  });
});
