import {
  ArcElement,
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  DoughnutController,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
  type TooltipOptions,
} from "chart.js";

import type { Theme } from "../theme.ts";

/** Registers only the parts of chart.js that are used. Call once. */
export function registerChartParts(): void {
  Chart.register(
    ArcElement,
    BarController,
    BarElement,
    CategoryScale,
    DoughnutController,
    Filler,
    LinearScale,
    LineController,
    LineElement,
    PointElement,
    Tooltip,
  );
}

type TooltipLook = Pick<
  TooltipOptions,
  | "backgroundColor"
  | "borderColor"
  | "borderWidth"
  | "titleColor"
  | "bodyColor"
  | "footerColor"
  | "footerMarginTop"
  | "padding"
  | "cornerRadius"
  | "caretSize"
  | "caretPadding"
  | "boxWidth"
  | "boxHeight"
  | "boxPadding"
  | "usePointStyle"
> & {
  readonly [Key in "titleFont" | "bodyFont" | "footerFont"]: {
    readonly family: string;
    readonly size: number;
    readonly weight?: "bold" | "normal";
  };
};

/** Styles a tooltip like VS Code's own hover. */
export function tooltipLook(theme: Theme): TooltipLook {
  const font = { family: theme.fontFamily, size: theme.fontSizePx - 1 };
  return {
    backgroundColor: theme.hover.background,
    borderColor: theme.hover.border,
    borderWidth: 1,
    titleColor: theme.hover.foreground,
    bodyColor: theme.hover.foreground,
    footerColor: theme.hover.foreground,
    titleFont: { ...font, weight: "bold" },
    bodyFont: font,
    footerFont: { ...font, weight: "normal" },
    footerMarginTop: 8,
    padding: 8,
    cornerRadius: 3,
    caretSize: 0,
    caretPadding: 8,
    boxWidth: 8,
    boxHeight: 8,
    boxPadding: 4,
    // The only way to get a plain square: a colour box always has a border.
    usePointStyle: true,
  };
}
