import { costState, totalTokens } from "../../src/core/usage.ts";
import { formatCost, formatCount, formatUSD } from "../../src/viewModels/format.ts";
import { sumOfPoints } from "../../src/viewModels/series.ts";
import type { ChartDefinition, Frame, LegendItem } from "./definition.ts";
import { createMessageChart, usageFooter } from "./messageChart.ts";

/** What the session has cost up to each message; recorded and estimated sums stay apart. */
export const costChart: ChartDefinition = {
  id: "cost",
  title: "Cumulative cost",
  isZoomable: true,
  hasScope: false,
  columns: 3,
  text: (frame) => {
    const upToHere = sumOfPoints(frame.model.points, { from: 0, to: frame.range.to });
    const state = costState(upToHere);
    const cost = formatCost(upToHere);
    const unpriced = `${formatCount(upToHere.unpricedTokens)} tokens have no known price`;
    const subtitle = state === "partial" ? `${cost}, ${unpriced}` : cost;
    return {
      subtitle: state === "unpriced" ? "" : subtitle,
      label: `Cost added up over the messages: ${subtitle}.`,
      empty: emptyText(frame, state === "unpriced", totalTokens(upToHere.tokens)),
    };
  },
  legend: ({ model, theme }) => {
    const items: LegendItem[] = [];
    if (model.sum.estimatedUSD === 0 || model.sum.recordedUSD > 0) {
      items.push({ label: "Recorded", colour: theme.kinds.output, mark: "line" });
    }
    if (model.sum.estimatedUSD > 0) {
      items.push({ label: "Estimated from list prices", colour: theme.warning, mark: "line" });
    }
    return items;
  },
  create: (canvas, first) =>
    createMessageChart(
      canvas,
      {
        isStacked: true,
        formatTick: (value) => formatUSD(value),
        formatValue: (value) => formatUSD(value),
        footer: (bucket) => `This message: ${usageFooter(bucket)}`,
        series: ({ buckets, theme, model }) => [
          {
            label: "Recorded",
            type: "area",
            colour: theme.kinds.output,
            values: buckets.map((bucket) => bucket.cumulative.recordedUSD),
            isHidden: model.sum.recordedUSD === 0 && model.sum.estimatedUSD > 0,
          },
          {
            label: "Estimated",
            type: "area",
            colour: theme.warning,
            values: buckets.map((bucket) => bucket.cumulative.estimatedUSD),
            isHidden: model.sum.estimatedUSD === 0,
          },
        ],
      },
      first,
    ),
};

function emptyText({ model }: Frame, isUnpriced: boolean, tokens: number): string | undefined {
  if (model.points.length === 0) return "No answers yet";
  if (isUnpriced) return "No price is known for the models of this session";
  return tokens === 0 ? "Nothing was billed yet" : undefined;
}
