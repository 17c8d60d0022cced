import { contextChart } from "./contextChart.ts";
import { costChart } from "./costChart.ts";
import type { ChartDefinition } from "./definition.ts";
import { sharesChart } from "./sharesChart.ts";
import { tokensChart } from "./tokensChart.ts";

/** The charts of a breakdown in the order they are shown: one line a chart. */
export const CHARTS: readonly ChartDefinition[] = [
  tokensChart,
  sharesChart,
  contextChart,
  costChart,
];
