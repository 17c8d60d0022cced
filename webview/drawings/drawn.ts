import type { CardRequest, ColourName, Drawing } from "../../src/viewModels/cards/card.ts";
import type { Theme } from "../theme.ts";

/** A drawing on its canvas, in one theme. */
export interface DrawnChart {
  /** Draws over what was there before; what is pointed at stays. Series in `hidden` are left out. */
  draw(drawing: Drawing, hidden: ReadonlySet<string>): void;
  /** How many parts can be selected one by one. */
  count(): number;
  /** Shows the figures of one part (none when undefined) and returns them in words. */
  select(index: number | undefined): string;
  /** The part at a place of the canvas. */
  partAt(event: MouseEvent): number | undefined;
  /** What a click on a part asks for. */
  askOf(index: number): CardRequest | undefined;
  /** Where values are drawn within the canvas, in pixels. */
  area(): { readonly left: number; readonly right: number };
  /** Draws finely enough for a picture while that is taken. */
  sharply<T>(take: () => T): T;
  destroy(): void;
}

/** Fewest pixels of a saved picture for one of the page: sharp on any screen and in print. */
export const MIN_PICTURE_SCALE = 2;

interface ChartOnCanvas {
  readonly options: { devicePixelRatio?: number | undefined };
  readonly chartArea: { readonly left: number; readonly right: number };
  resize(): void;
  destroy(): void;
}

/** What every chart of chart.js does alike. */
export function onCanvas(chart: ChartOnCanvas): Pick<DrawnChart, "area" | "sharply" | "destroy"> {
  return {
    area: () => chart.chartArea,
    sharply: (take) => {
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

/** What the theme has for a colour that is named by its meaning. */
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
