import { addUsage, NO_USAGE, type Usage } from "../../core/usage/usage.ts";
import { type BreakdownPoint, pointUsage } from "./breakdownPoints.ts";

/** A range of points: `from` is inclusive, `to` exclusive. */
export interface PointRange {
  readonly from: number;
  readonly to: number;
}

/** Neighbouring points drawn as one. The sums of a bucket are those of its points. */
export interface Bucket {
  /** First and last point of the bucket, both inclusive. */
  readonly first: number;
  readonly last: number;
  readonly usage: Usage;
  /** Usage from the session's first point to this bucket's last, including points that aren't drawn. */
  readonly cumulative: Usage;
  /** Most tokens in the context at any point of the bucket. */
  readonly contextTokens: number | undefined;
  /** Context window of the last model used in the bucket. */
  readonly contextLimit: number | undefined;
  /** Whether it holds the running message. */
  readonly isLive: boolean;
}

/** Maximum bars or dots a chart draws at once. */
export const MAX_DRAWN_POINTS = 400;

/**
 * Divides a range of points into at most `maxBuckets` buckets of equal length (the last may be shorter).
 * Nothing is left out: points that aren't drawn separately are summed with their neighbours.
 */
export function bucketsOf(
  points: readonly BreakdownPoint[],
  range: PointRange,
  maxBuckets: number = MAX_DRAWN_POINTS,
): readonly Bucket[] {
  const to = Math.min(range.to, points.length);
  const from = Math.max(0, range.from);
  const length = Math.max(1, Math.ceil((to - from) / maxBuckets));
  const buckets: Bucket[] = [];
  let cumulative = sumOfPoints(points, { from: 0, to: from });
  for (let first = from; first < to; first += length) {
    const last = Math.min(first + length, to) - 1;
    let usage = NO_USAGE;
    let contextTokens: number | undefined;
    let contextLimit: number | undefined;
    let isLive = false;
    for (const point of points.slice(first, last + 1)) {
      usage = addUsage(usage, pointUsage(point));
      if (point.contextTokens !== undefined) {
        contextTokens = Math.max(contextTokens ?? 0, point.contextTokens);
      }
      contextLimit = point.contextLimit ?? contextLimit;
      isLive ||= point.isLive;
    }
    cumulative = addUsage(cumulative, usage);
    buckets.push({ first, last, usage, cumulative, contextTokens, contextLimit, isLive });
  }
  return buckets;
}

/** Exact sum over a range; over all points if none is given. */
export function sumOfPoints(points: readonly BreakdownPoint[], range?: PointRange): Usage {
  const { from, to } = range ?? { from: 0, to: points.length };
  let sum = NO_USAGE;
  for (const point of points.slice(from, to)) sum = addUsage(sum, pointUsage(point));
  return sum;
}
