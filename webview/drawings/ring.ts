import { Chart, type Plugin } from "chart.js";

import type { Ring } from "../../src/viewModels/cards/card.ts";
import type { Theme } from "../theme.ts";
import { tooltipLook } from "./chartParts.ts";
import { colourOf, type DrawnChart, onCanvas } from "./drawn.ts";

/** Draws a ring with a figure in the middle. */
export function createRing(canvas: HTMLCanvasElement, first: Ring, theme: Theme): DrawnChart {
  let ring = first;
  const exactText = (index: number): string => {
    const part = ring.parts[index];
    return part?.exact ?? part?.text ?? "";
  };
  const middle: Plugin<"doughnut"> = {
    id: "ringMiddle",
    afterDraw: ({ ctx, chartArea }) => {
      const [figure, words] = ring.middle;
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
      ctx.fillText(words, x, y + 13);
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
          ...tooltipLook(theme),
          callbacks: {
            label: ({ dataIndex }) => ` ${exactText(dataIndex)}`,
            labelPointStyle: () => ({ pointStyle: "rect", rotation: 0 }),
          },
        },
      },
    },
    plugins: [middle],
  });
  return {
    ...onCanvas(chart),
    draw: (next) => {
      if (next.kind !== "ring") return;
      ring = next;
      const colours = ring.parts.map(({ colour }) => colourOf(theme, colour));
      chart.data.labels = ring.parts.map(({ label }) => label);
      const [dataset] = chart.data.datasets;
      if (dataset !== undefined) {
        Object.assign(dataset, {
          data: ring.parts.map(({ value }) => value),
          backgroundColor: colours,
          hoverBackgroundColor: colours,
          borderColor: theme.background,
          borderWidth: 2,
          hoverOffset: 2,
        });
      }
      chart.update("none");
    },
    count: () => ring.parts.length,
    select: (index) => {
      const active = index === undefined ? [] : [{ datasetIndex: 0, index }];
      const { right, top } = chart.chartArea;
      chart.setActiveElements(active);
      chart.tooltip?.setActiveElements(active, { x: right, y: top });
      chart.update("none");
      const part = index === undefined ? undefined : ring.parts[index];
      return part === undefined ? "" : `${part.label}, ${exactText(index ?? 0)}`;
    },
    partAt: (event) =>
      chart.getElementsAtEventForMode(event, "nearest", { intersect: true }, false)[0]?.index,
    askOf: (index) => ring.parts[index]?.ask,
  };
}
