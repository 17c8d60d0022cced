import { BarElement, type Plugin } from "chart.js";

import { withAlpha } from "../colour.ts";
import type { Frame } from "./definition.ts";

/** Veils the bar of the message at work: its figures are estimates. */
export function liveVeil(current: () => Frame): Plugin<"bar" | "line"> {
  return {
    id: "liveVeil",
    afterDatasetsDraw: (chart) => {
      const { buckets, theme } = current();
      const index = buckets.findIndex((bucket) => bucket.isLive);
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

/** With more compactions than this their lines would hide what is drawn: the marks alone stay. */
const MAX_MARK_LINES = 12;

/** Draws an upright line where the session was compacted. */
export function compactionMarks(current: () => Frame): Plugin<"bar" | "line"> {
  return {
    id: "compactionMarks",
    afterDatasetsDraw: (chart) => {
      const { compacted, theme } = current();
      const x = chart.scales["x"];
      if (x === undefined) return;
      const { ctx, chartArea } = chart;
      ctx.save();
      ctx.strokeStyle = theme.muted;
      ctx.fillStyle = theme.muted;
      ctx.lineWidth = 1;
      ctx.setLineDash([2, 3]);
      for (const index of compacted) {
        const at = Math.round(x.getPixelForValue(index)) + 0.5;
        if (compacted.size <= MAX_MARK_LINES) {
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
