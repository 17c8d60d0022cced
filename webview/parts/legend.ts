import { t } from "../../src/core/language.ts";
import { element, plainButton } from "../dom.ts";
import type { LegendItem } from "../drawings/legendItems.ts";

export interface LegendView {
  readonly element: HTMLElement;
  draw(items: readonly LegendItem[], hidden: ReadonlySet<string>): void;
}

/** Explains the colours of a chart; a click hides or shows a series that can be hidden. */
export function createLegend(onToggle: (series: string) => void): LegendView {
  const list = element("ul", { class: "legend" });
  let drawn = "";
  return {
    element: list,
    draw: (items, hidden) => {
      const wanted = JSON.stringify([items, [...hidden]]);
      if (wanted === drawn) return;
      drawn = wanted;
      const focused = list.querySelector("button:focus")?.getAttribute("data-series");
      list.replaceChildren(...items.map((item) => legendItem(item, hidden, onToggle)));
      for (const button of list.querySelectorAll("button")) {
        if (button.getAttribute("data-series") === focused) button.focus();
      }
    },
  };
}

function legendItem(
  { label, colour, mark, value, series }: LegendItem,
  hidden: ReadonlySet<string>,
  onToggle: (series: string) => void,
): HTMLElement {
  const swatch = element("span", { class: `swatch ${mark}`, "aria-hidden": "true" });
  swatch.style.setProperty("--swatch", colour);
  const parts = [
    swatch,
    element("span", { class: "legend-label" }, label),
    ...(value === undefined ? [] : [element("span", { class: "legend-value" }, value)]),
  ];
  if (series === undefined) return element("li", {}, ...parts);
  const isHidden = hidden.has(series);
  const title = isHidden ? t`Show ${label.toLowerCase()}` : t`Hide ${label.toLowerCase()}`;
  const pressed = String(!isHidden);
  const attributes = { class: "legend-toggle", "data-series": series, "aria-pressed": pressed };
  const toggle = (): void => {
    onToggle(series);
  };
  return element("li", {}, plainButton({ ...attributes, title }, toggle, ...parts));
}
