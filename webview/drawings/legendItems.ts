import { t } from "../../src/core/language.ts";
import type { Drawing } from "../../src/viewModels/cards/card.ts";
import type { Theme } from "../theme.ts";
import { levelColour } from "./calendar.ts";
import { colourOf } from "./drawn.ts";

export interface LegendItem {
  readonly label: string;
  /** A CSS colour. */
  readonly colour: string;
  readonly mark: "box" | "line" | "dash";
  /** A figure that the drawing itself does not show. */
  readonly value?: string | undefined;
  /** Set if a click hides or shows the series. */
  readonly series?: string;
}

const MARKS = { bar: "box", area: "line", limit: "dash" } as const;
const LEVELS = [
  t("Nothing"),
  t("Lowest quarter of the days"),
  t("Second"),
  t("Third"),
  t("Highest"),
];

/** Explains the colours of a drawing. */
export function legendItems(drawing: Drawing, theme: Theme): readonly LegendItem[] {
  switch (drawing.kind) {
    case "plot":
      return drawing.series.map(({ key, label, colour, type, figure }) => ({
        label,
        colour: colourOf(theme, colour),
        mark: MARKS[type ?? "bar"],
        value: figure,
        ...(drawing.canHide === true ? { series: key } : {}),
      }));
    case "ring":
      return drawing.parts.map(({ label, colour, text }) => ({
        label,
        colour: colourOf(theme, colour),
        mark: "box",
        value: text,
      }));
    case "calendar":
      return LEVELS.map((label, level) => ({
        label,
        colour: levelColour(level, theme),
        mark: "box",
      }));
    case "meters":
      return [];
  }
}
