import { formatCount } from "../../src/viewModels/format.ts";
import { TOKEN_KINDS } from "../../src/viewModels/tokenKinds.ts";
import { rangeLabel } from "../../src/viewModels/usageChoices.ts";
import { createBarChart } from "./barChart.ts";
import {
  amountText,
  emptyReason,
  forgottenColour,
  sumText,
  tickText,
  usageText,
} from "./measures.ts";
import type { UsageChartDefinition, UsageFrame } from "./usageChart.ts";

/** Stacked bars over time: kinds of tokens, states of cost, or groups of a dimension. */
export const trendChart: UsageChartDefinition = {
  id: "trend",
  title: "Trend",
  columns: 6,
  text: (frame) => {
    const { trend, choices, periods, currency } = frame.model;
    const sum = periods.find(({ range }) => range === choices.range)?.sum;
    const all = sum === undefined ? "" : usageText(sum.spent, currency);
    const coarser = trend.isCoarser ? ", as shorter bars would be too many" : "";
    const what = choices.measure === "tokens" ? "Tokens" : "Cost";
    return {
      subtitle: `${what} by ${trend.unit}${coarser}`,
      label: `${what} by ${trend.unit}, ${rangeLabel(choices.range)}, as stacked bars: ${all} in ${formatCount(trend.buckets.length)} bars.`,
      empty:
        trend.buckets.length === 0
          ? "Nothing was used in this time"
          : emptyReason(
              trend.buckets.map((bucket) => bucket.sum),
              frame,
            ),
    };
  },
  legend: (frame) =>
    frame.model.trend.series
      .map(({ key, label }, at) => ({ key, label, colour: colourOf(key, at, frame), at }))
      .filter(({ at }) => frame.model.trend.buckets.some(({ values }) => (values[at] ?? 0) > 0))
      .map(({ key, label, colour }) => ({ label, colour, mark: "box", series: key })),
  notes: ({ model }) =>
    model.trend.undated.messages > 0
      ? [
          `${formatCount(model.trend.undated.messages)} answers told no possible time: they are in the sums and not in the bars.`,
        ]
      : [],
  create: (canvas, first) =>
    createBarChart(
      canvas,
      {
        isHorizontal: false,
        bars: (frame) =>
          frame.model.trend.buckets.map(({ label, title, sum, drill }) => ({
            label,
            title,
            footer: sumText(sum, frame),
            drill,
          })),
        series: (frame) =>
          frame.model.trend.series.map(({ key, label }, at) => ({
            label,
            colour: colourOf(key, at, frame),
            values: frame.model.trend.buckets.map(({ values }) => values[at] ?? 0),
            isHidden: frame.hiddenSeries.has(key),
          })),
        formatTick: tickText,
        formatValue: amountText,
      },
      first,
    ),
};

function colourOf(key: string, at: number, frame: UsageFrame): string {
  const { theme, model } = frame;
  if (key === "alsoSpent") return forgottenColour(frame);
  if (model.choices.stack === "kind") {
    if (key === "recorded") return theme.kinds.output;
    if (key === "estimated") return theme.warning;
    const kind = TOKEN_KINDS.find((one) => one === key);
    if (kind !== undefined) return theme.kinds[kind];
  }
  return theme.palette[at % theme.palette.length] ?? theme.accent;
}
