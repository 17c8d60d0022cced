import type { BreakdownPoint } from "./breakdownPoints.ts";
import type { PointRange } from "./series.ts";

/**
 * What the user zoomed to, by message, so that it stays in place while older messages load before it and new
 * ones arrive after it. `followsEnd`: it reaches the newest message, and moves along with it.
 */
export interface Zoom {
  readonly fromID: string;
  readonly toID: string;
  readonly followsEnd: boolean;
}

/** Fewest messages the user can zoom to. */
export const MIN_ZOOMED_POINTS = 5;

type Points = readonly Pick<BreakdownPoint, "messageID">[];

/** The range of a zoom among these points; all of them if it no longer applies. */
export function rangeOfZoom(zoom: Zoom | undefined, points: Points): PointRange {
  const all = { from: 0, to: points.length };
  if (zoom === undefined) return all;
  const from = points.findIndex((point) => point.messageID === zoom.fromID);
  const last = points.findLastIndex((point) => point.messageID === zoom.toID);
  if (from < 0 || last < from) return all;
  if (!zoom.followsEnd) return { from, to: last + 1 };
  const grownBy = points.length - (last + 1);
  return { from: from + grownBy, to: points.length };
}

/** The zoom that keeps a range; undefined if that covers everything. */
export function zoomOfRange(range: PointRange, points: Points): Zoom | undefined {
  if (range.from <= 0 && range.to >= points.length) return undefined;
  const first = points[range.from];
  const last = points[range.to - 1];
  if (first === undefined || last === undefined) return undefined;
  return {
    fromID: first.messageID,
    toID: last.messageID,
    followsEnd: range.to >= points.length,
  };
}

/** Makes a range valid for `count` points: whole numbers, in bounds, no shorter than the user can zoom to. */
export function clampRange(range: PointRange, count: number): PointRange {
  const length = Math.min(
    count,
    Math.max(Math.round(range.to) - Math.round(range.from), MIN_ZOOMED_POINTS),
  );
  const from = Math.min(Math.max(0, Math.round(range.from)), count - length);
  return { from, to: from + length };
}

/**
 * A range `factor` times as long (below 1 zooms in), with `anchor`, a fraction of the range from 0 to 1,
 * staying in place.
 */
export function scaleRange(
  range: PointRange,
  count: number,
  factor: number,
  anchor: number,
): PointRange {
  const length = range.to - range.from;
  // Rounding must not swallow a small step of the wheel.
  const wanted = factor < 1 ? Math.floor(length * factor) : Math.ceil(length * factor);
  const scaled = Math.min(count, Math.max(MIN_ZOOMED_POINTS, wanted));
  const from = range.from + (length - scaled) * anchor;
  return clampRange({ from: Math.round(from), to: Math.round(from) + scaled }, count);
}

/** Moves the range, as far as there are points. */
export function panRange(range: PointRange, count: number, by: number): PointRange {
  const length = range.to - range.from;
  const from = Math.min(Math.max(0, range.from + Math.round(by)), Math.max(0, count - length));
  return { from, to: from + length };
}
