import type { CardRequest, ColourName, Drawing } from "../../src/viewModels/cards/card.ts";
import type { Theme } from "../theme.ts";

/** A drawing on its canvas, in one theme. */
export interface DrawnChart {
  /** Replaces the previous drawing; the selected part stays selected. Series in `hidden` are left out. */
  draw(drawing: Drawing, hidden: ReadonlySet<string>): void;
  /** The number of parts that can be selected individually. */
  count(): number;
  /** Shows the figures of one part (none when undefined) and returns them in words. */
  select(index: number | undefined): string;
  /** The part under the pointer. */
  partAt(event: MouseEvent): number | undefined;
  /** The request that a click on a part sends. */
  askOf(index: number): CardRequest | undefined;
  /** Where values are drawn within the canvas, in pixels. */
  area(): { readonly left: number; readonly right: number };
  /** Draws at a picture's resolution while `take` runs. */
  atPictureScale<T>(take: () => T): T;
  destroy(): void;
}

/** The minimum scale of a saved picture relative to the page: sharp on any screen and in print. */
export const MIN_PICTURE_SCALE = 2;

interface ChartOnCanvas {
  readonly options: { devicePixelRatio?: number | undefined };
  readonly chartArea: { readonly left: number; readonly right: number };
  resize(): void;
  destroy(): void;
}

/** What all chart.js charts have in common. */
export function onCanvas(
  chart: ChartOnCanvas,
): Pick<DrawnChart, "area" | "atPictureScale" | "destroy"> {
  return {
    area: () => chart.chartArea,
    atPictureScale: (take) => {
      chart.options.devicePixelRatio = Math.max(MIN_PICTURE_SCALE, window.devicePixelRatio);
      chart.resize();
      try {
        return take();
      } finally {
        delete chart.options.devicePixelRatio;
        chart.resize();
      }
    },
    destroy: () => {
      chart.destroy();
    },
  };
}

/** The theme's colour for a semantic colour name. */
export function colourOf(theme: Theme, name: ColourName): string {
  if (typeof name === "number") return theme.palette[name % theme.palette.length] ?? theme.accent;
  switch (name) {
    case "accent":
    case "warning":
    case "danger":
    case "neutral":
      return theme[name];
    default:
      return theme.kinds[name];
  }
}
