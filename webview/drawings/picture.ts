import type { Theme } from "../theme.ts";
import type { LegendItem } from "./legendItems.ts";

/** The text a saved picture shows around the drawing. */
export interface PictureText {
  readonly title: string;
  readonly subtitle: string;
  readonly legend: readonly LegendItem[];
}

const MARGIN = 16;
const LINE = 20;

/** A chart as a self-contained PNG, with its title, its legend and the theme's background. */
export function pictureOf(drawn: HTMLCanvasElement, theme: Theme, text: PictureText): string {
  const scale = drawn.clientWidth > 0 ? drawn.width / drawn.clientWidth : 1;
  const width = drawn.width / scale;
  const height = drawn.height / scale;
  const top = MARGIN + LINE * (text.subtitle === "" ? 1 : 2);
  const canvas = document.createElement("canvas");
  canvas.width = Math.round((width + 2 * MARGIN) * scale);
  const context = canvas.getContext("2d");
  if (context === null) return drawn.toDataURL("image/png");
  const small = `${theme.fontSizePx - 1}px ${theme.fontFamily}`;
  context.font = small;
  const rows = legendRows(context, text.legend, width);
  canvas.height = Math.round((top + height + rows.length * LINE + 2 * MARGIN) * scale);

  // Resizing a canvas resets its context, so scale afterwards.
  context.scale(scale, scale);
  context.fillStyle = theme.background;
  context.fillRect(0, 0, canvas.width / scale, canvas.height / scale);
  context.textBaseline = "middle";
  context.fillStyle = theme.foreground;
  context.font = `600 ${theme.fontSizePx + 1}px ${theme.fontFamily}`;
  context.fillText(text.title, MARGIN, MARGIN + LINE / 2, width);
  context.font = small;
  context.fillStyle = theme.muted;
  context.fillText(text.subtitle, MARGIN, MARGIN + LINE * 1.5, width);
  context.drawImage(drawn, MARGIN, top, width, height);
  for (const [index, row] of rows.entries()) {
    const y = top + height + MARGIN + index * LINE + LINE / 2;
    let x = MARGIN;
    for (const item of row) {
      context.fillStyle = item.colour;
      if (item.mark === "box") context.fillRect(x, y - 5, 10, 10);
      else context.fillRect(x, y - 1, 10, 2);
      context.fillStyle = theme.foreground;
      context.fillText(legendText(item), x + 16, y);
      x += legendWidth(context, item);
    }
  }
  return canvas.toDataURL("image/png");
}

function legendText(item: LegendItem): string {
  return item.value === undefined ? item.label : `${item.label}  ${item.value}`;
}

function legendWidth(context: CanvasRenderingContext2D, item: LegendItem): number {
  return 16 + context.measureText(legendText(item)).width + 20;
}

function legendRows(
  context: CanvasRenderingContext2D,
  items: readonly LegendItem[],
  width: number,
): LegendItem[][] {
  const rows: LegendItem[][] = [];
  let left = 0;
  for (const item of items) {
    const needed = legendWidth(context, item);
    if (rows.length === 0 || left < needed) {
      rows.push([]);
      left = width;
    }
    rows.at(-1)?.push(item);
    left -= needed;
  }
  return rows;
}
