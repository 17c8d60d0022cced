import { formatCount, formatPercent, formatTokens } from "../../src/viewModels/format.ts";
import type { Bucket } from "../../src/viewModels/series.ts";
import type { ChartDefinition, Frame } from "./definition.ts";
import { createMessageChart } from "./messageChart.ts";

/** How full the context was after each message, against the model's window. */
export const contextChart: ChartDefinition = {
  id: "context",
  title: "Context use",
  isZoomable: true,
  hasScope: false,
  columns: 3,
  text: (frame) => {
    const known = frame.buckets.filter((bucket) => bucket.contextTokens !== undefined);
    const peak = Math.max(0, ...known.map((bucket) => bucket.contextTokens ?? 0));
    const compactions = frame.compacted.size;
    const marks = compactions === 0 ? "" : `, compacted ${compactionCount(frame)}`;
    return {
      subtitle: known.length === 0 ? "" : `Peak ${formatTokens(peak)}${marks}`,
      label: `Context tokens after each message: peak ${formatTokens(peak)}${marks}.`,
      empty: known.length === 0 ? "Known after the first finished answer" : undefined,
    };
  },
  legend: (frame) => {
    const limit = lastLimit(frame);
    const { theme } = frame;
    return [
      { label: "Context", colour: theme.accent, mark: "line" },
      ...(limit === undefined
        ? []
        : [{ label: `Limit ${formatTokens(limit)}`, colour: theme.danger, mark: "dash" } as const]),
    ];
  },
  create: (canvas, first) =>
    createMessageChart(
      canvas,
      {
        isStacked: false,
        formatTick: formatTokens,
        formatValue: formatCount,
        footer: shareOfLimit,
        series: ({ buckets, theme }) => [
          {
            label: "Context",
            type: "area",
            colour: theme.accent,
            values: buckets.map((bucket) => bucket.contextTokens ?? null),
          },
          {
            label: "Limit",
            type: "limit",
            colour: theme.danger,
            values: limits(buckets),
          },
        ],
      },
      first,
    ),
};

function compactionCount(frame: Frame): string {
  const count = frame.model.compactions.filter((mark) => {
    const at = frame.model.points.findIndex((point) => point.messageID === mark.messageID);
    return at >= frame.range.from && at < frame.range.to;
  }).length;
  return count === 1 ? "once" : `${formatCount(count)} times`;
}

function lastLimit({ buckets }: Frame): number | undefined {
  return buckets.findLast((bucket) => bucket.contextLimit !== undefined)?.contextLimit;
}

/** The limit is drawn from edge to edge, also where a message failed and names no model. */
function limits(buckets: readonly Bucket[]): (number | null)[] {
  const values = buckets.map((bucket) => bucket.contextLimit ?? null);
  const first = values.findIndex((value) => value !== null);
  for (let index = 0; index < values.length; index++) {
    values[index] ??= (index < first ? values[first] : values[index - 1]) ?? null;
  }
  return values;
}

function shareOfLimit({ contextTokens, contextLimit, first, last }: Bucket): string {
  if (contextTokens === undefined || contextLimit === undefined) return "";
  const peak = first === last ? "" : "peak ";
  return `${peak}${formatPercent((contextTokens / contextLimit) * 100)} of the limit`;
}
