import { groupChart } from "./groupCharts.ts";
import { heatChart } from "./heatChart.ts";
import { cacheChart, comparisonChart, expensiveChart } from "./sessionCharts.ts";
import { compositionChart, originChart } from "./shareCharts.ts";
import { trendChart } from "./trendChart.ts";
import type { UsageChartDefinition } from "./usageChart.ts";

/** The charts of the panel in the order they are shown: one line a chart. */
export const USAGE_CHARTS: readonly UsageChartDefinition[] = [
  trendChart,
  groupChart("model", "byModel"),
  groupChart("project", "byProject"),
  groupChart("agent", "byAgent"),
  groupChart("place", "byPlace"),
  heatChart,
  expensiveChart,
  originChart,
  cacheChart,
  compositionChart,
  comparisonChart,
];
