import type { Chart } from "chart.js";

import type { BreakdownModel } from "../../src/viewModels/breakdown.ts";
import type { Bucket, PointRange } from "../../src/viewModels/series.ts";
import type { TokenKind } from "../../src/viewModels/tokenKinds.ts";
import type { Theme } from "../theme.ts";

/** What there is to draw: the snapshot, the part of it that is looked at, and how. */
export interface Frame {
  readonly model: BreakdownModel;
  readonly range: PointRange;
  /** The range in at most as many parts as a chart draws. */
  readonly buckets: readonly Bucket[];
  /** Buckets with a compaction in them, by their place among `buckets`. */
  readonly compacted: ReadonlySet<number>;
  readonly hiddenKinds: ReadonlySet<TokenKind>;
  /** Whether shares count the session alone or with its sub-sessions. */
  readonly scope: "own" | "tree";
  readonly theme: Theme;
}

export interface LegendItem {
  readonly label: string;
  readonly colour: string;
  readonly mark: "box" | "line" | "dash";
  /** A figure that belongs to it, where the chart itself does not show one. */
  readonly value?: string;
  /** Set where a click hides or shows the kind. */
  readonly kind?: TokenKind;
}

/** What surrounds the drawing, in words. */
export interface ChartText {
  readonly subtitle: string;
  /** The drawing in a sentence, for those who do not see it. */
  readonly label: string;
  /** Stands in place of the drawing when there is nothing to draw. */
  readonly empty: string | undefined;
}

/** A chart on its canvas, in one theme. */
export interface DrawnChart {
  readonly chart: Chart;
  /** Draws a frame over the one before; hover and zoom stay. */
  draw(frame: Frame): void;
  /** How many parts can be selected one by one. */
  count(): number;
  /** Shows the figures of one part (none when undefined) and says them. */
  select(index: number | undefined): string;
}

/** One chart of the breakdown: everything that is its own. `registry.ts` lists them. */
export interface ChartDefinition {
  /** Letters only: names the saved picture as well. */
  readonly id: string;
  readonly title: string;
  /** Whether its axis are the messages, so that it follows the zoom. */
  readonly isZoomable: boolean;
  /** Whether it tells own figures from those with sub-sessions. */
  readonly hasScope: boolean;
  /** Columns of six it takes where there is room. */
  readonly columns: 2 | 3 | 4;
  text(frame: Frame): ChartText;
  legend(frame: Frame): readonly LegendItem[];
  create(canvas: HTMLCanvasElement, frame: Frame): DrawnChart;
}
