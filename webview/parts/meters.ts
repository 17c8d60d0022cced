import { t } from "../../src/core/language.ts";
import type { CardRequest, Meters } from "../../src/viewModels/cards/card.ts";
import {
  drawEach,
  element,
  plainButton,
  setAttribute,
  setLines,
  setShown,
  setText,
  type View,
} from "../dom.ts";

export interface MetersView {
  readonly element: HTMLElement;
  draw(meters: Meters, isTable: boolean): void;
}

type Meter = Meters["meters"][number];

/** Bars showing how much is used up, each a button, with lines of text below; as a table, only the lines. */
export function createMeters(ask: (request: CardRequest) => void): MetersView {
  const list = element("ul", { class: "budgets" });
  const lines = element("ul", { class: "forecast", "aria-label": t("Forecast") });
  const bars = new Map<string, View<Meter>>();
  return {
    element: element("div", { class: "meters" }, list, lines),
    draw: (next, isTable) => {
      setShown(list, !isTable && next.meters.length > 0);
      drawEach(
        list,
        bars,
        next.meters,
        ({ id }) => id,
        () => createMeter(ask),
      );
      setLines(lines, "li", next.lines);
    },
  };
}

function createMeter(ask: (request: CardRequest) => void): View<Meter> {
  let shown: Meter | undefined;
  const title = element("span", { class: "budget-title" });
  const figures = element("span", { class: "budget-figures" });
  const fill = element("div", { class: "meter-fill" });
  const meter = element("div", { class: "meter", role: "meter", "aria-valuemin": 0 }, fill);
  const detail = element("span", { class: "budget-detail" });
  const button = plainButton(
    { class: "budget" },
    () => {
      if (shown !== undefined) ask(shown.ask);
    },
    element("span", { class: "budget-line" }, title, figures),
    meter,
    detail,
  );
  return {
    element: element("li", {}, button),
    draw: (next) => {
      shown = next;
      setText(title, next.title);
      setText(figures, next.figures);
      setText(detail, next.detail);
      setAttribute(button, "title", next.hint);
      setAttribute(meter, "aria-label", next.title);
      setMeter(meter, fill, next.percent, next.figures);
    },
  };
}

/** Fills a meter: amber from 80 percent, red from 100. */
export function setMeter(
  meter: HTMLElement,
  fill: HTMLElement,
  percent: number,
  words?: string,
): void {
  setAttribute(meter, "aria-valuemax", 100);
  setAttribute(meter, "aria-valuenow", Math.round(Math.min(100, percent)));
  setAttribute(meter, "aria-valuetext", words);
  fill.style.width = `${Math.min(100, percent)}%`;
  const level = percent >= 100 ? " is-over" : percent >= 80 ? " is-high" : "";
  setAttribute(fill, "class", `meter-fill${level}`);
}
