import type { UsageDrill } from "../../src/viewModels/usageChoices.ts";
import type { UsageModel } from "../../src/viewModels/usage.ts";
import type { UsageTableID } from "../../src/viewModels/usageTables.ts";
import type { LegendItem } from "../charts/definition.ts";
import type { Theme } from "../theme.ts";

/** What there is to draw, and how. */
export interface UsageFrame {
  readonly model: UsageModel;
  readonly theme: Theme;
  /** Series of the trend that are not drawn. */
  readonly hiddenSeries: ReadonlySet<string>;
}

export interface UsageLegendItem extends LegendItem {
  /** Set where a click hides or shows the series. */
  readonly series?: string;
}

export interface UsageChartText {
  readonly subtitle: string;
  /** The drawing in a sentence, for those who do not see it. */
  readonly label: string;
  /** Stands in place of the drawing when there is nothing to draw. */
  readonly empty: string | undefined;
}

/** A chart on its canvas, in one theme. */
export interface DrawnUsageChart {
  draw(frame: UsageFrame): void;
  /** How many parts can be selected one by one. */
  count(): number;
  /** Shows the figures of one part (none when undefined) and says them. */
  select(index: number | undefined): string;
  /** The part at a place of the canvas. */
  partAt(event: MouseEvent): number | undefined;
  /** The sessions behind a part. */
  drill(index: number): UsageDrill | undefined;
  /** Draws so finely that a picture is sharp while that is taken. */
  sharply<T>(take: () => T): T;
  destroy(): void;
}

/** One chart of usage: everything that is its own. `usageCharts.ts` lists them. */
export interface UsageChartDefinition {
  readonly id: UsageTableID;
  readonly title: string;
  /** Columns of six it takes where there is room. */
  readonly columns: 2 | 3 | 4 | 6;
  text(frame: UsageFrame): UsageChartText;
  legend(frame: UsageFrame): readonly UsageLegendItem[];
  /** Said below the drawing: formulas, and what is an estimate. */
  notes?(frame: UsageFrame): readonly string[];
  create(canvas: HTMLCanvasElement, frame: UsageFrame): DrawnUsageChart;
}
