import { Chart, type Plugin } from "chart.js";

import type { UsageDrill } from "../../src/viewModels/usageChoices.ts";
import { tooltipLook } from "../charts/parts.ts";
import { sharply } from "../charts/picture.ts";
import type { DrawnUsageChart, UsageFrame } from "./usageChart.ts";

/** A part of a ring. */
export interface RingPart {
  readonly label: string;
  readonly colour: string;
  readonly value: number;
  /** The value in words, with its share. */
  readonly text: string;
  readonly drill: UsageDrill | undefined;
}

export interface RingPlot {
  parts(frame: UsageFrame): readonly RingPart[];
  /** What stands in the middle: a figure and what it is. */
  middle(frame: UsageFrame): readonly [figure: string, word: string];
}

/** Draws a ring with a figure in the middle. */
export function createRingChart(
  canvas: HTMLCanvasElement,
  plot: RingPlot,
  first: UsageFrame,
): DrawnUsageChart {
  let frame = first;
  let parts = plot.parts(first);
  const middle: Plugin<"doughnut"> = {
    id: "ringMiddle",
    afterDraw: ({ ctx, chartArea }) => {
      const { theme } = frame;
      const [figure, word] = plot.middle(frame);
      const x = (chartArea.left + chartArea.right) / 2;
      const y = (chartArea.top + chartArea.bottom) / 2;
      ctx.save();
      ctx.textAlign = "center";
      ctx.textBaseline = "middle";
      ctx.fillStyle = theme.foreground;
      ctx.font = `600 ${theme.fontSizePx + 7}px ${theme.fontFamily}`;
      ctx.fillText(figure, x, y - 7);
      ctx.fillStyle = theme.muted;
      ctx.font = `${theme.fontSizePx - 2}px ${theme.fontFamily}`;
      ctx.fillText(word, x, y + 13);
      ctx.restore();
    },
  };
  const chart = new Chart<"doughnut">(canvas, {
    type: "doughnut",
    data: { labels: [], datasets: [{ data: [] }] },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      cutout: "68%",
      plugins: {
        tooltip: {
          ...tooltipLook(first.theme),
          callbacks: {
            label: ({ dataIndex }) => ` ${parts[dataIndex]?.text ?? ""}`,
            labelPointStyle: () => ({ pointStyle: "rect", rotation: 0 }),
          },
        },
      },
    },
    plugins: [middle],
  });
  return {
    draw: (next) => {
      frame = next;
      parts = plot.parts(next);
      const colours = parts.map(({ colour }) => colour);
      chart.data.labels = parts.map(({ label }) => label);
      const [dataset] = chart.data.datasets;
      if (dataset !== undefined) {
        Object.assign(dataset, {
          data: parts.map(({ value }) => value),
          backgroundColor: colours,
          hoverBackgroundColor: colours,
          borderColor: next.theme.background,
          borderWidth: 2,
          hoverOffset: 2,
        });
      }
      chart.update("none");
    },
    count: () => parts.length,
    select: (index) => {
      const active = index === undefined ? [] : [{ datasetIndex: 0, index }];
      const { right, top } = chart.chartArea;
      chart.setActiveElements(active);
      chart.tooltip?.setActiveElements(active, { x: right, y: top });
      chart.update("none");
      const part = index === undefined ? undefined : parts[index];
      return part === undefined ? "" : `${part.label}, ${part.text}`;
    },
    partAt: (event) =>
      chart.getElementsAtEventForMode(event, "nearest", { intersect: true }, false)[0]?.index,
    drill: (index) => parts[index]?.drill,
    sharply: (take) => sharply(chart, take),
    destroy: () => {
      chart.destroy();
    },
  };
}
