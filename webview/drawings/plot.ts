import { Chart, type ChartConfiguration, type ChartDataset } from "chart.js";

import { amountText, tickText } from "../../src/viewModels/cards/amounts.ts";
import type { Plot, Series } from "../../src/viewModels/cards/card.ts";
import { withAlpha } from "../colour.ts";
import type { Theme } from "../theme.ts";
import { tooltipLook } from "./chartParts.ts";
import { colourOf, type DrawnChart, onCanvas } from "./drawn.ts";
import { liveBarOverlay, partMarks } from "./plotMarks.ts";

type Values = (number | null)[];
type Dataset = ChartDataset<"bar" | "line", Values>;
type Options = NonNullable<ChartConfiguration<"bar" | "line", Values, string>["options"]>;

/** With more bars than this there is no gap between them. */
const MAX_SPACED_BARS = 120;
/** Longest name beside a horizontal bar, in characters. */
const MAX_NAME = 22;

/** Draws bars, areas and limits on one pair of axes, upright or horizontal. */
export function createPlot(canvas: HTMLCanvasElement, first: Plot, theme: Theme): DrawnChart {
  let plot = first;
  let hidden: ReadonlySet<string> = new Set();
  const current = (): Plot => plot;
  const chart = new Chart<"bar" | "line", Values, string>(canvas, {
    type: "bar",
    data: { labels: [], datasets: [] },
    options: optionsOf(current, theme),
    plugins: [liveBarOverlay(current, theme), partMarks(current, theme)],
  });
  return {
    ...onCanvas(chart),
    draw: (next, hiddenNow) => {
      if (next.kind !== "plot") return;
      plot = next;
      hidden = plot.canHide === true ? hiddenNow : new Set();
      chart.data.labels = plot.parts.map(({ label }) => label);
      const { datasets } = chart.data;
      datasets.length = Math.min(datasets.length, plot.series.length);
      for (const [index, series] of plot.series.entries()) {
        const wanted = { ...datasetOf(series, index, plot, theme), hidden: hidden.has(series.key) };
        const known = datasets[index];
        if (known === undefined) datasets.push(wanted);
        else Object.assign(known, wanted);
      }
      chart.update("none");
    },
    count: () => plot.parts.length,
    select: (index) => {
      const part = index === undefined ? undefined : plot.parts[index];
      const shown = plot.series.flatMap((series, datasetIndex) => {
        const value = index === undefined ? null : (series.values[index] ?? null);
        const isShown = !hidden.has(series.key) && isInTooltip(value, plot);
        return isShown ? [{ datasetIndex, series, value }] : [];
      });
      const active = shown.map(({ datasetIndex }) => ({ datasetIndex, index: index ?? 0 }));
      const at = chart.scales[plot.isHorizontal === true ? "y" : "x"]?.getPixelForValue(index ?? 0);
      const { left, top } = chart.chartArea;
      chart.setActiveElements(active);
      chart.tooltip?.setActiveElements(
        active,
        plot.isHorizontal === true ? { x: left, y: at ?? 0 } : { x: at ?? 0, y: top },
      );
      chart.update("none");
      if (part === undefined) return "";
      const figures = shown.map(
        ({ series, value }) => `${series.label} ${amountText(value ?? 0, plot.unit)}`,
      );
      return [part.title, ...figures, part.footer].filter((text) => text !== "").join(", ");
    },
    partAt: (event) => {
      const mode = plot.isHorizontal === true ? "y" : "x";
      return chart.getElementsAtEventForMode(event, mode, { intersect: false }, false)[0]?.index;
    },
    askOf: (index) => plot.parts[index]?.ask,
  };
}

/** Whether a value deserves a line in the tooltip: a zero share of a sum does not. */
function isInTooltip(value: unknown, { layout }: Plot): boolean {
  return value !== null && (value !== 0 || layout === "overlaid");
}

function datasetOf(series: Series, index: number, plot: Plot, theme: Theme): Dataset {
  const colour = colourOf(theme, series.colour);
  const isSpaced = plot.parts.length <= MAX_SPACED_BARS;
  const common = { label: series.label, data: [...series.values] };
  switch (series.type ?? "bar") {
    case "bar":
      return {
        ...common,
        type: "bar",
        stack: plot.layout === "grouped" ? String(index) : "all",
        // One colour for all: per-bar options cost more than the drawing itself.
        backgroundColor: colour,
        hoverBackgroundColor: colour,
        borderColor: theme.background,
        borderWidth: !theme.isHighContrast
          ? 0
          : plot.isHorizontal === true
            ? { right: 1 }
            : { top: 1 },
        borderSkipped: false,
        categoryPercentage: isSpaced ? 0.84 : 1,
        barPercentage: isSpaced ? 0.94 : 1,
        maxBarThickness: plot.isHorizontal === true ? 22 : 44,
      };
    case "area":
      return {
        ...common,
        type: "line",
        borderColor: colour,
        backgroundColor: withAlpha(colour, theme.isHighContrast ? 0.1 : 0.16),
        fill: plot.layout === "stacked" ? "stack" : "origin",
        borderWidth: 2,
        pointRadius: series.values.filter((value) => value !== null).length > 60 ? 0 : 2,
        pointHoverRadius: 4,
        pointBackgroundColor: colour,
        pointBorderWidth: 0,
        spanGaps: true,
        tension: 0,
        stack: "all",
      };
    case "limit":
      return {
        ...common,
        type: "line",
        borderColor: colour,
        borderDash: [6, 4],
        borderWidth: 1.5,
        pointRadius: 0,
        pointHoverRadius: 0,
        fill: false,
        stepped: "middle",
        spanGaps: true,
        // In a separate stack, so that a limit is not added to what it limits.
        stack: "limit",
      };
  }
}

function optionsOf(current: () => Plot, theme: Theme): Options {
  const isHorizontal = current().isHorizontal === true;
  const font = { family: theme.fontFamily, size: theme.fontSizePx - 2 };
  const names = {
    stacked: true,
    grid: { display: false },
    border: { color: theme.gridLine },
    ticks: {
      color: isHorizontal ? theme.foreground : theme.muted,
      font,
      maxRotation: 0,
      autoSkip: !isHorizontal,
      autoSkipPadding: 16,
      sampleSize: isHorizontal ? undefined : 8,
      callback: (value: string | number) => {
        const name = current().parts[Number(value)]?.label ?? "";
        return isHorizontal ? shortName(name) : name;
      },
    },
  };
  const amounts = {
    stacked: current().layout === "stacked",
    beginAtZero: true,
    grid: { color: theme.gridLine, drawTicks: false },
    border: { display: false },
    ticks: {
      color: theme.muted,
      font,
      padding: 6,
      maxRotation: 0,
      maxTicksLimit: isHorizontal ? 4 : 6,
      callback: (value: string | number) => tickText(Number(value), current().unit),
    },
  };
  return {
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    normalized: true,
    indexAxis: isHorizontal ? "y" : "x",
    interaction: { mode: "index", intersect: false, axis: isHorizontal ? "y" : "x" },
    layout: { padding: { top: 10, right: 8 } },
    scales: isHorizontal ? { x: amounts, y: names } : { x: names, y: amounts },
    plugins: {
      tooltip: {
        ...tooltipLook(theme),
        filter: ({ raw }) => isInTooltip(raw, current()),
        callbacks: {
          title: ([item]) => current().parts[item?.dataIndex ?? -1]?.title ?? "",
          label: ({ dataset, raw }) =>
            ` ${dataset.label ?? ""}  ${amountText(Number(raw), current().unit)}`,
          labelColor: ({ datasetIndex }) => {
            const colour = colourOf(theme, current().series[datasetIndex]?.colour ?? "neutral");
            return { borderColor: colour, backgroundColor: colour };
          },
          labelPointStyle: () => ({ pointStyle: "rect", rotation: 0 }),
          footer: ([item]) => current().parts[item?.dataIndex ?? -1]?.footer ?? "",
        },
      },
    },
  };
}

/** A name that fits beside a bar: in a long one with slashes, the last part is the most telling. */
function shortName(name: string): string {
  if (name.length <= MAX_NAME) return name;
  const last = name.slice(name.lastIndexOf("/") + 1);
  return last.length <= MAX_NAME ? last : `${last.slice(0, MAX_NAME - 1)}…`;
}
