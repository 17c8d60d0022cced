import { Chart, type ChartConfiguration, type Plugin } from "chart.js";

import { totalTokens } from "../../src/core/usage.ts";
import { formatCount, formatPercent, formatTokens } from "../../src/viewModels/format.ts";
import { byKind, kindLabel, sharesByKind, TOKEN_KINDS } from "../../src/viewModels/tokenKinds.ts";
import type { ChartDefinition, DrawnChart, Frame } from "./definition.ts";
import { tooltipLook } from "./parts.ts";

/** A ring: how the tokens divide into kinds, of the session alone or of its tree. */
export const sharesChart: ChartDefinition = {
  id: "shares",
  title: "Shares by kind",
  isZoomable: false,
  hasScope: true,
  columns: 2,
  text: (frame) => {
    const { tokens } = usageOf(frame);
    const shares = sharesByKind(byKind(tokens));
    const list = TOKEN_KINDS.map((kind) => `${kindLabel(kind)} ${formatPercent(shares[kind])}`);
    return {
      subtitle: "",
      label: `Shares of the five kinds of tokens: ${list.join(", ")}.`,
      empty: totalTokens(tokens) === 0 ? "Nothing was billed yet" : undefined,
    };
  },
  legend: (frame) => {
    const figures = byKind(usageOf(frame).tokens);
    const shares = sharesByKind(figures);
    return TOKEN_KINDS.map((kind) => ({
      label: kindLabel(kind),
      colour: frame.theme.kinds[kind],
      mark: "box",
      value: `${formatTokens(figures[kind])} · ${formatPercent(shares[kind])}`,
    }));
  },
  create: createRing,
};

function usageOf({ model, scope }: Frame): Frame["model"]["own"]["usage"] {
  return scope === "tree" ? model.tree.usage : model.own.usage;
}

function isEstimate({ model, scope }: Frame): boolean {
  return scope === "tree" ? model.tree.isEstimate : model.own.isEstimate;
}

function createRing(canvas: HTMLCanvasElement, first: Frame): DrawnChart {
  let frame = first;
  const say = (index: number): string => {
    const kind = TOKEN_KINDS[index];
    if (kind === undefined) return "";
    const figures = byKind(usageOf(frame).tokens);
    const share = formatPercent(sharesByKind(figures)[kind]);
    return `${kindLabel(kind)}  ${formatCount(figures[kind])} · ${share}`;
  };
  const options: NonNullable<ChartConfiguration<"doughnut">["options"]> = {
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    cutout: "68%",
    plugins: {
      tooltip: {
        ...tooltipLook(frame.theme),
        callbacks: {
          label: ({ dataIndex }) => ` ${say(dataIndex)}`,
          labelPointStyle: () => ({ pointStyle: "rect", rotation: 0 }),
        },
      },
    },
  };
  const total: Plugin<"doughnut"> = {
    id: "ringTotal",
    afterDraw: ({ ctx, chartArea }) => {
      const { theme } = frame;
      const x = (chartArea.left + chartArea.right) / 2;
      const y = (chartArea.top + chartArea.bottom) / 2;
      const tokens = formatTokens(totalTokens(usageOf(frame).tokens));
      ctx.save();
      ctx.textAlign = "center";
      ctx.textBaseline = "middle";
      ctx.fillStyle = theme.foreground;
      ctx.font = `600 ${theme.fontSizePx + 7}px ${theme.fontFamily}`;
      ctx.fillText(`${isEstimate(frame) ? "~" : ""}${tokens}`, x, y - 7);
      ctx.fillStyle = theme.muted;
      ctx.font = `${theme.fontSizePx - 2}px ${theme.fontFamily}`;
      ctx.fillText("tokens", x, y + 13);
      ctx.restore();
    },
  };
  const chart = new Chart<"doughnut">(canvas, {
    type: "doughnut",
    data: { labels: TOKEN_KINDS.map(kindLabel), datasets: [{ data: [] }] },
    options,
    plugins: [total],
  });
  return {
    chart,
    draw: (next) => {
      frame = next;
      const figures = byKind(usageOf(frame).tokens);
      const colours = TOKEN_KINDS.map((kind) => frame.theme.kinds[kind]);
      const [dataset] = chart.data.datasets;
      if (dataset !== undefined) {
        Object.assign(dataset, {
          data: TOKEN_KINDS.map((kind) => figures[kind]),
          backgroundColor: colours,
          hoverBackgroundColor: colours,
          borderColor: frame.theme.background,
          borderWidth: 2,
          hoverOffset: 2,
        });
      }
      chart.update("none");
    },
    count: () => TOKEN_KINDS.length,
    select: (index) => {
      const active = index === undefined ? [] : [{ datasetIndex: 0, index }];
      const { chartArea } = chart;
      chart.setActiveElements(active);
      chart.tooltip?.setActiveElements(active, { x: chartArea.right, y: chartArea.top });
      chart.update("none");
      return index === undefined ? "" : say(index);
    },
  };
}
