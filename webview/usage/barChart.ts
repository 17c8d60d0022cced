import { Chart, type ChartConfiguration } from "chart.js";

import type { UsageDrill } from "../../src/viewModels/usageChoices.ts";
import { tooltipLook } from "../charts/parts.ts";
import { sharply } from "../charts/picture.ts";
import type { DrawnUsageChart, UsageFrame } from "./usageChart.ts";

/** One colour of the bars. */
export interface BarSeries {
  readonly label: string;
  readonly colour: string;
  readonly values: readonly number[];
  readonly isHidden?: boolean;
}

/** A bar: its name on the axis and in the hover, what else the hover says, and what is behind it. */
export interface Bar {
  readonly label: string;
  readonly title: string;
  readonly footer: string;
  readonly drill: UsageDrill | undefined;
}

/** What makes one chart of bars differ from another. */
export interface BarPlot {
  readonly isHorizontal: boolean;
  /** Bars of one place stand beside each other instead of on top. */
  readonly isGrouped?: boolean;
  bars(frame: UsageFrame): readonly Bar[];
  series(frame: UsageFrame): readonly BarSeries[];
  formatTick(value: number, frame: UsageFrame): string;
  formatValue(value: number, frame: UsageFrame): string;
}

/** Longest name of a bar that stands beside it. */
const MAX_NAME = 22;

/** Draws stacked or grouped bars, upright or lying. */
export function createBarChart(
  canvas: HTMLCanvasElement,
  plot: BarPlot,
  first: UsageFrame,
): DrawnUsageChart {
  let frame = first;
  let bars = plot.bars(first);
  let series = plot.series(first);
  const chart = new Chart<"bar", number[], string>(canvas, {
    type: "bar",
    data: { labels: [], datasets: [] },
    options: optionsOf(plot, () => ({ frame, bars, series })),
  });
  const activate = (index: number | undefined): void => {
    const active =
      index === undefined
        ? []
        : series.flatMap(({ isHidden }, datasetIndex) =>
            isHidden === true ? [] : [{ datasetIndex, index }],
          );
    const scale = chart.scales[plot.isHorizontal ? "y" : "x"];
    const at = scale?.getPixelForValue(index ?? 0) ?? 0;
    const { left, top } = chart.chartArea;
    chart.setActiveElements(active);
    chart.tooltip?.setActiveElements(
      active,
      plot.isHorizontal ? { x: left, y: at } : { x: at, y: top },
    );
    chart.update("none");
  };
  return {
    draw: (next) => {
      frame = next;
      bars = plot.bars(next);
      series = plot.series(next);
      chart.data.labels = bars.map(({ label }) => label);
      const { datasets } = chart.data;
      datasets.length = Math.min(datasets.length, series.length);
      for (const [index, one] of series.entries()) {
        const wanted = {
          label: one.label,
          data: [...one.values],
          hidden: one.isHidden ?? false,
          stack: plot.isGrouped === true ? String(index) : "all",
          backgroundColor: one.colour,
          hoverBackgroundColor: one.colour,
          borderColor: next.theme.background,
          borderWidth: next.theme.isHighContrast ? 1 : 0,
          borderSkipped: false as const,
          categoryPercentage: bars.length > 120 ? 1 : 0.82,
          barPercentage: bars.length > 120 ? 1 : 0.94,
          maxBarThickness: plot.isHorizontal ? 22 : 44,
        };
        const known = datasets[index];
        if (known === undefined) datasets.push(wanted);
        else Object.assign(known, wanted);
      }
      chart.update("none");
    },
    count: () => bars.length,
    select: (index) => {
      activate(index);
      const bar = index === undefined ? undefined : bars[index];
      if (bar === undefined || index === undefined) return "";
      const figures = series.flatMap(({ label, values, isHidden }) => {
        const value = values[index] ?? 0;
        return isHidden === true || value === 0 ? [] : `${label} ${plot.formatValue(value, frame)}`;
      });
      return [bar.title, ...figures, bar.footer].filter((text) => text !== "").join(", ");
    },
    partAt: (event) => {
      const mode = plot.isHorizontal ? "y" : "x";
      return chart.getElementsAtEventForMode(event, mode, { intersect: false }, false)[0]?.index;
    },
    drill: (index) => bars[index]?.drill,
    sharply: (take) => sharply(chart, take),
    destroy: () => {
      chart.destroy();
    },
  };
}

interface Drawing {
  readonly frame: UsageFrame;
  readonly bars: readonly Bar[];
  readonly series: readonly BarSeries[];
}

function optionsOf(
  plot: BarPlot,
  current: () => Drawing,
): NonNullable<ChartConfiguration<"bar", number[], string>["options"]> {
  const { theme } = current().frame;
  const font = { family: theme.fontFamily, size: theme.fontSizePx - 2 };
  const names = {
    stacked: true,
    grid: { display: false },
    border: { color: theme.gridLine },
    ticks: {
      color: plot.isHorizontal ? theme.foreground : theme.muted,
      font,
      maxRotation: 0,
      autoSkip: !plot.isHorizontal,
      autoSkipPadding: 16,
      callback: (value: string | number) =>
        shortName(current().bars[Number(value)]?.label ?? "", plot.isHorizontal),
    },
  };
  const amounts = {
    stacked: plot.isGrouped !== true,
    beginAtZero: true,
    grid: { color: theme.gridLine, drawTicks: false },
    border: { display: false },
    ticks: {
      color: theme.muted,
      font,
      padding: 6,
      maxRotation: 0,
      maxTicksLimit: plot.isHorizontal ? 4 : 6,
      callback: (value: string | number) => plot.formatTick(Number(value), current().frame),
    },
  };
  return {
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    indexAxis: plot.isHorizontal ? "y" : "x",
    interaction: { mode: "index", intersect: false, axis: plot.isHorizontal ? "y" : "x" },
    layout: { padding: { top: 8, right: 8 } },
    scales: plot.isHorizontal ? { x: amounts, y: names } : { x: names, y: amounts },
    plugins: {
      tooltip: {
        ...tooltipLook(theme),
        filter: ({ raw }) => raw !== 0,
        callbacks: {
          title: ([item]) => current().bars[item?.dataIndex ?? -1]?.title ?? "",
          label: ({ dataset, raw }) =>
            ` ${dataset.label ?? ""}  ${plot.formatValue(Number(raw), current().frame)}`,
          labelColor: ({ datasetIndex }) => {
            const colour = current().series[datasetIndex]?.colour ?? theme.foreground;
            return { borderColor: colour, backgroundColor: colour };
          },
          labelPointStyle: () => ({ pointStyle: "rect", rotation: 0 }),
          footer: ([item]) => current().bars[item?.dataIndex ?? -1]?.footer ?? "",
        },
      },
    },
  };
}

function shortName(name: string, isHorizontal: boolean): string {
  if (!isHorizontal || name.length <= MAX_NAME) return name;
  // Of a long name with a slash the last part tells most.
  const last = name.slice(name.lastIndexOf("/") + 1);
  return last.length <= MAX_NAME ? last : `${last.slice(0, MAX_NAME - 1)}…`;
}
