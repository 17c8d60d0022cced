import assert from "node:assert/strict";
import { describe, it } from "mocha";

import { totalTokens, totalUSD } from "../../../src/core/usage/usage.ts";
import { breakdownModel } from "../../../src/viewModels/breakdown/breakdown.ts";
import { bucketsOf, sumOfPoints } from "../../../src/viewModels/breakdown/series.ts";
import { byKind, sharesByKind, TOKEN_KINDS } from "../../../src/viewModels/breakdown/tokenKinds.ts";
import {
  panRange,
  rangeOfZoom,
  scaleRange,
  zoomOfRange,
} from "../../../src/viewModels/breakdown/zoom.ts";
import {
  conversationState,
  NOW_MS,
  REF,
  SCENARIOS,
} from "../../support/seed/breakdownScenarios.ts";

function pointsOf(count: number) {
  return breakdownModel(conversationState(count), REF, NOW_MS)!.points;
}

const ids = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ messageID: `m${String(index)}` }));

describe("bucketsOf", () => {
  it("gives each message its own bucket while there are few", () => {
    const points = pointsOf(40);
    const buckets = bucketsOf(points, { from: 0, to: 40 });
    assert.equal(buckets.length, 40);
    assert.deepEqual(
      buckets.map((bucket) => totalTokens(bucket.usage.tokens)),
      points.map((point) => totalTokens(point.tokens)),
    );
  });

  it("sums neighbours without leaving any message out", () => {
    const points = pointsOf(2000);
    for (const [from, to, max] of [
      [0, 2000, 400],
      [0, 2000, 7],
      [123, 1999, 400],
      [5, 6, 400],
    ] as const) {
      const buckets = bucketsOf(points, { from, to }, max);
      assert.ok(buckets.length <= max);
      assert.equal(buckets[0]?.first, from);
      assert.equal(buckets.at(-1)?.last, to - 1);
      const sum = sumOfPoints(points, { from, to });
      for (const kind of TOKEN_KINDS) {
        const drawn = buckets.reduce((all, bucket) => all + byKind(bucket.usage.tokens)[kind], 0);
        assert.equal(drawn, byKind(sum.tokens)[kind], kind);
      }
      const drawnUSD = buckets.reduce((all, bucket) => all + totalUSD(bucket.usage), 0);
      assert.ok(Math.abs(drawnUSD - totalUSD(sum)) < 1e-9);
    }
  });

  it("accumulates figures from the first message, regardless of the drawn range", () => {
    const points = pointsOf(100);
    const whole = bucketsOf(points, { from: 0, to: 100 }).at(-1)!;
    const zoomed = bucketsOf(points, { from: 60, to: 100 }).at(-1)!;
    assert.deepEqual(zoomed.cumulative.tokens, whole.cumulative.tokens);
    assert.deepEqual(whole.cumulative.tokens, sumOfPoints(points).tokens);
  });

  it("keeps the context's peak and marks live buckets", () => {
    const { points } = breakdownModel(SCENARIOS.live(), REF, NOW_MS)!;
    const [bucket] = bucketsOf(points, { from: 0, to: points.length }, 1);
    const peak = Math.max(...points.map((point) => point.contextTokens ?? 0));
    assert.equal(bucket?.contextTokens, peak);
    assert.equal(bucket.contextLimit, 200_000);
    assert.equal(bucket.isLive, true);
  });

  it("is empty without messages", () => {
    assert.deepEqual(bucketsOf([], { from: 0, to: 0 }), []);
    assert.deepEqual(bucketsOf([], { from: 0, to: 10 }), []);
  });
});

describe("sharesByKind", () => {
  it("gives percentages of all five kinds, and zeros for no tokens", () => {
    const none = { input: 0, output: 0, reasoning: 0, cacheRead: 0, cacheWrite: 0 };
    assert.deepEqual(sharesByKind(none), none);
    const shares = sharesByKind({ ...none, input: 1, output: 1, cacheRead: 2 });
    assert.deepEqual(shares, { ...none, input: 25, output: 25, cacheRead: 50 });
  });
});

describe("the zoom", () => {
  it("stays on its messages while older ones load in front of them", () => {
    const points = ids(100).slice(50);
    const zoom = zoomOfRange({ from: 10, to: 20 }, points);
    assert.deepEqual(rangeOfZoom(zoom, ids(100)), { from: 60, to: 70 });
  });

  it("stays in place while new messages arrive, unless it reaches the end", () => {
    const zoom = zoomOfRange({ from: 10, to: 20 }, ids(50));
    assert.deepEqual(rangeOfZoom(zoom, ids(60)), { from: 10, to: 20 });
    const atEnd = zoomOfRange({ from: 40, to: 50 }, ids(50));
    assert.deepEqual(rangeOfZoom(atEnd, ids(60)), { from: 50, to: 60 });
  });

  it("is undefined if it covers everything, and falls back to everything if its messages are gone", () => {
    assert.equal(zoomOfRange({ from: 0, to: 50 }, ids(50)), undefined);
    const zoom = { fromID: "gone", toID: "m3", followsEnd: false };
    assert.deepEqual(rangeOfZoom(zoom, ids(9)), { from: 0, to: 9 });
    assert.deepEqual(rangeOfZoom(undefined, []), { from: 0, to: 0 });
  });

  it("scales around the anchor and stays in bounds", () => {
    assert.deepEqual(scaleRange({ from: 0, to: 100 }, 100, 0.5, 0), { from: 0, to: 50 });
    assert.deepEqual(scaleRange({ from: 0, to: 100 }, 100, 0.5, 1), { from: 50, to: 100 });
    assert.deepEqual(scaleRange({ from: 40, to: 50 }, 100, 2, 0.5), { from: 35, to: 55 });
    assert.deepEqual(scaleRange({ from: 90, to: 100 }, 100, 4, 0), { from: 60, to: 100 });
    assert.deepEqual(scaleRange({ from: 10, to: 16 }, 100, 0.1, 0.5), { from: 11, to: 16 });
    assert.deepEqual(scaleRange({ from: 0, to: 3 }, 3, 0.1, 0.5), { from: 0, to: 3 });
  });

  it("pans no further than the messages", () => {
    assert.deepEqual(panRange({ from: 10, to: 20 }, 100, -30), { from: 0, to: 10 });
    assert.deepEqual(panRange({ from: 10, to: 20 }, 100, 300), { from: 90, to: 100 });
    assert.deepEqual(panRange({ from: 10, to: 20 }, 100, 5), { from: 15, to: 25 });
  });
});
