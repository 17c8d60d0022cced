import { BarElement, type Plugin } from "chart.js";

import type { Plot } from "../../src/viewModels/cards/card.ts";
import { withAlpha } from "../colour.ts";
import type { Theme } from "../theme.ts";

/** Fades the bar of the answer being written: its figures are estimates. */
export function liveBarOverlay(current: () => Plot, theme: Theme): Plugin<"bar" | "line"> {
  return {
    id: "liveVeil",
    afterDatasetsDraw: (chart) => {
      const index = current().parts.findIndex(({ isLive }) => isLive === true);
      const bars = chart.getSortedVisibleDatasetMetas().filter(({ type }) => type === "bar");
      if (index < 0) return;
      const { ctx } = chart;
      ctx.save();
      ctx.fillStyle = withAlpha(theme.background, 0.45);
      for (const { data } of bars) {
        const bar = data[index];
        if (!(bar instanceof BarElement)) continue;
        const { x, y, base, width } = bar.getProps(["x", "y", "base", "width"], true);
        if (x === null || y === null) continue;
        ctx.fillRect(x - width / 2, Math.min(y, base), width, Math.abs(base - y));
      }
      ctx.restore();
    },
  };
}

/** With more marked parts than this, their lines would hide the chart, so only the marks are drawn. */
const MAX_MARK_LINES = 12;

/** Draws a vertical line at the parts that are marked. */
export function partMarks(current: () => Plot, theme: Theme): Plugin<"bar" | "line"> {
  return {
    id: "partMarks",
    afterDatasetsDraw: (chart) => {
      const marked = [...current().parts.entries()].filter(([, { isMarked }]) => isMarked === true);
      const x = chart.scales["x"];
      if (x === undefined) return;
      const { ctx, chartArea } = chart;
      ctx.save();
      ctx.strokeStyle = theme.muted;
      ctx.fillStyle = theme.muted;
      ctx.lineWidth = 1;
      ctx.setLineDash([2, 3]);
      for (const [index] of marked) {
        const at = Math.round(x.getPixelForValue(index)) + 0.5;
        if (marked.length <= MAX_MARK_LINES) {
          ctx.beginPath();
          ctx.moveTo(at, chartArea.top);
          ctx.lineTo(at, chartArea.bottom);
          ctx.stroke();
        }
        ctx.beginPath();
        ctx.moveTo(at - 4, chartArea.top - 7);
        ctx.lineTo(at + 4, chartArea.top - 7);
        ctx.lineTo(at, chartArea.top);
        ctx.fill();
      }
      ctx.restore();
    },
  };
}
