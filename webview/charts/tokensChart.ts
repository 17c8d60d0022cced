import { totalTokens } from "../../src/core/usage.ts";
import { formatCount, formatTokens } from "../../src/viewModels/format.ts";
import { sumOfPoints } from "../../src/viewModels/series.ts";
import { byKind, kindLabel, TOKEN_KINDS } from "../../src/viewModels/tokenKinds.ts";
import type { ChartDefinition } from "./definition.ts";
import { createMessageChart, usageFooter } from "./messageChart.ts";

/** Stacked bars: what each assistant message was billed for, by kind. */
export const tokensChart: ChartDefinition = {
  id: "tokens",
  title: "Tokens per message",
  isZoomable: true,
  hasScope: false,
  columns: 4,
  text: ({ model, range, buckets }) => {
    const perBar = buckets[0] === undefined ? 1 : buckets[0].last - buckets[0].first + 1;
    const sum = totalTokens(sumOfPoints(model.points, range).tokens);
    const count = range.to - range.from;
    return {
      subtitle: perBar > 1 ? `${perBar} messages a bar` : "Billed, by kind",
      label: `Tokens per message, stacked by kind: ${formatTokens(sum)} tokens in ${formatCount(count)} messages.`,
      empty: count === 0 ? "No answers yet" : undefined,
    };
  },
  legend: ({ theme }) =>
    TOKEN_KINDS.map((kind) => ({
      label: kindLabel(kind),
      colour: theme.kinds[kind],
      mark: "box",
      kind,
    })),
  create: (canvas, frame) =>
    createMessageChart(
      canvas,
      {
        isStacked: true,
        formatTick: formatTokens,
        formatValue: formatCount,
        footer: usageFooter,
        series: ({ buckets, hiddenKinds, theme }) =>
          TOKEN_KINDS.map((kind) => ({
            label: kindLabel(kind),
            type: "bar",
            colour: theme.kinds[kind],
            values: buckets.map((bucket) => byKind(bucket.usage.tokens)[kind]),
            isHidden: hiddenKinds.has(kind),
          })),
      },
      frame,
    ),
};
