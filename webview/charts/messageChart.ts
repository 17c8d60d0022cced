import { Chart, type ChartConfiguration, type ChartDataset } from "chart.js";

import { totalTokens } from "../../src/core/usage.ts";
import type { Bucket } from "../../src/viewModels/series.ts";
import { formatCost, formatTimeOfDay, formatTokens } from "../../src/viewModels/format.ts";
import { withAlpha } from "../colour.ts";
import type { DrawnChart, Frame } from "./definition.ts";
import { compactionMarks, liveVeil } from "./messageMarks.ts";
import { tooltipLook } from "./parts.ts";

/** One series over the messages: a value a bucket, `null` where there is none. */
export interface MessageSeries {
  readonly label: string;
  readonly type: "bar" | "area" | "limit";
  readonly colour: string;
  readonly values: readonly (number | null)[];
  readonly isHidden?: boolean;
}

/** What makes one chart over the messages differ from another. */
export interface MessagePlot {
  /** Always the same series in the same order; what is not to be seen is hidden. */
  series(frame: Frame): readonly MessageSeries[];
  readonly isStacked: boolean;
  formatTick(value: number): string;
  formatValue(value: number): string;
  /** Ends the tooltip: what the series do not say. */
  footer(bucket: Bucket, frame: Frame): string;
}

type Values = (number | null)[];
type MixedChart = Chart<"bar" | "line", Values, string>;

/** Draws series over the messages: bars, areas and limit lines on one axis, with compactions marked. */
export function createMessageChart(
  canvas: HTMLCanvasElement,
  plot: MessagePlot,
  first: Frame,
): DrawnChart {
  let frame = first;
  const current = (): Frame => frame;
  const configuration: ChartConfiguration<"bar" | "line", Values, string> = {
    type: "bar",
    data: { labels: [], datasets: [] },
    options: optionsOf(plot, current),
    plugins: [liveVeil(current), compactionMarks(current)],
  };
  const chart: MixedChart = new Chart<"bar" | "line", Values, string>(canvas, configuration);
  return {
    chart,
    draw: (next) => {
      frame = next;
      chart.data.labels = next.buckets.map(bucketLabel);
      for (const [index, series] of plot.series(next).entries()) {
        const wanted = datasetOf(series, plot, next);
        const known = chart.data.datasets[index];
        if (known === undefined) chart.data.datasets.push(wanted);
        else Object.assign(known, wanted);
      }
      chart.update("none");
    },
    count: () => frame.buckets.length,
    select: (index) => select(chart, plot, frame, index),
  };
}

/** `12`, or `12–16` for neighbours drawn as one. */
function bucketLabel({ first, last }: Bucket): string {
  return first === last ? String(first + 1) : `${String(first + 1)}–${String(last + 1)}`;
}

function bucketTitle(bucket: Bucket, frame: Frame): string {
  const point = frame.model.points[bucket.first];
  const word = bucket.first === bucket.last ? "Message" : "Messages";
  const facts = [
    `${word} ${bucketLabel(bucket)}`,
    point === undefined ? "" : formatTimeOfDay(point.createdMs),
    bucket.first === bucket.last ? (point?.agent ?? "") : "",
  ];
  return facts.filter((fact) => fact !== "").join(" · ");
}

function datasetOf(
  series: MessageSeries,
  plot: MessagePlot,
  { theme, buckets }: Frame,
): ChartDataset<"bar" | "line", Values> {
  const values = [...series.values];
  const common = { label: series.label, data: values, hidden: series.isHidden ?? false };
  switch (series.type) {
    case "bar":
      return {
        ...common,
        type: "bar",
        stack: "all",
        // One colour for all: options of their own for every bar cost more than the drawing.
        backgroundColor: series.colour,
        hoverBackgroundColor: series.colour,
        borderColor: theme.background,
        borderWidth: theme.isHighContrast ? { top: 1 } : 0,
        borderSkipped: false,
        categoryPercentage: buckets.length > 120 ? 1 : 0.86,
        barPercentage: buckets.length > 120 ? 1 : 0.94,
        maxBarThickness: 40,
      };
    case "area":
      return {
        ...common,
        type: "line",
        borderColor: series.colour,
        backgroundColor: withAlpha(series.colour, theme.isHighContrast ? 0.1 : 0.16),
        fill: plot.isStacked ? "stack" : "origin",
        borderWidth: 2,
        pointRadius: values.filter((value) => value !== null).length > 60 ? 0 : 2,
        pointHoverRadius: 4,
        pointBackgroundColor: series.colour,
        pointBorderWidth: 0,
        spanGaps: true,
        tension: 0,
        stack: "all",
      };
    case "limit":
      return {
        ...common,
        type: "line",
        borderColor: series.colour,
        borderDash: [6, 4],
        borderWidth: 1.5,
        pointRadius: 0,
        pointHoverRadius: 0,
        fill: false,
        stepped: "middle",
        spanGaps: true,
        // Alone in its stack: a limit is not added to what it limits.
        stack: "limit",
      };
  }
}

function optionsOf(
  plot: MessagePlot,
  current: () => Frame,
): NonNullable<ChartConfiguration<"bar" | "line", Values, string>["options"]> {
  const { theme } = current();
  const font = { family: theme.fontFamily, size: theme.fontSizePx - 2 };
  return {
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    normalized: true,
    interaction: { mode: "index", intersect: false },
    layout: { padding: { top: 10, right: 6 } },
    scales: {
      x: {
        stacked: true,
        grid: { display: false },
        border: { color: theme.gridLine },
        ticks: {
          color: theme.muted,
          font,
          maxRotation: 0,
          autoSkipPadding: 24,
          sampleSize: 8,
          callback: (value) => String((current().buckets[Number(value)]?.first ?? 0) + 1),
        },
      },
      y: {
        stacked: plot.isStacked,
        beginAtZero: true,
        grid: { color: theme.gridLine, drawTicks: false },
        border: { display: false },
        ticks: {
          color: theme.muted,
          font,
          padding: 6,
          maxTicksLimit: 6,
          callback: (value) => plot.formatTick(Number(value)),
        },
      },
    },
    plugins: {
      tooltip: {
        ...tooltipLook(theme),
        filter: (item) => item.parsed.y !== null && (item.parsed.y !== 0 || !plot.isStacked),
        callbacks: {
          title: ([item]) => {
            const bucket = item === undefined ? undefined : current().buckets[item.dataIndex];
            return bucket === undefined ? "" : bucketTitle(bucket, current());
          },
          label: (item) => ` ${item.dataset.label ?? ""}  ${plot.formatValue(item.parsed.y ?? 0)}`,
          labelColor: (item) => {
            const colour = seriesColour(plot, current(), item);
            return { borderColor: colour, backgroundColor: colour };
          },
          labelPointStyle: () => ({ pointStyle: "rect", rotation: 0 }),
          footer: ([item]) => {
            const bucket = item === undefined ? undefined : current().buckets[item.dataIndex];
            return bucket === undefined ? "" : footerOf(plot, bucket, item?.dataIndex, current());
          },
        },
      },
    },
  };
}

function seriesColour(
  plot: MessagePlot,
  frame: Frame,
  item: { readonly datasetIndex: number },
): string {
  return plot.series(frame)[item.datasetIndex]?.colour ?? frame.theme.foreground;
}

function footerOf(
  plot: MessagePlot,
  bucket: Bucket,
  index: number | undefined,
  frame: Frame,
): string {
  const points = frame.model.points.slice(bucket.first, bucket.last + 1);
  const failed = points.filter((point) => point.error !== undefined).length;
  const notes = [
    plot.footer(bucket, frame),
    bucket.isLive ? "at work, counted from its text" : "",
    index !== undefined && frame.compacted.has(index) ? "compacted here" : "",
    failed === 0 ? "" : points.length === 1 ? "failed" : `${failed} failed`,
  ];
  return notes.filter((note) => note !== "").join("\n");
}

/** The usual end of a tooltip: all tokens and their cost. */
export function usageFooter({ usage, isLive }: Bucket): string {
  const tokens = `Total  ${isLive ? "~" : ""}${formatTokens(totalTokens(usage.tokens))}`;
  return isLive ? tokens : `${tokens} · ${formatCost(usage)}`;
}

function select(
  chart: MixedChart,
  plot: MessagePlot,
  frame: Frame,
  index: number | undefined,
): string {
  const bucket = index === undefined ? undefined : frame.buckets[index];
  if (index === undefined || bucket === undefined) {
    chart.setActiveElements([]);
    chart.tooltip?.setActiveElements([], { x: 0, y: 0 });
    chart.update("none");
    return "";
  }
  const series = plot.series(frame);
  const active = series.flatMap(({ values, isHidden }, datasetIndex) => {
    const isDrawn = isHidden !== true && (values[index] ?? null) !== null;
    return isDrawn ? [{ datasetIndex, index }] : [];
  });
  const x = chart.scales["x"]?.getPixelForValue(index) ?? 0;
  chart.setActiveElements(active);
  chart.tooltip?.setActiveElements(active, { x, y: chart.chartArea.top });
  chart.update("none");
  const figures = active.map(({ datasetIndex }) => {
    const one = series[datasetIndex];
    return `${one?.label ?? ""} ${plot.formatValue(one?.values[index] ?? 0)}`;
  });
  return [bucketTitle(bucket, frame), ...figures, footerOf(plot, bucket, index, frame)].join(", ");
}
