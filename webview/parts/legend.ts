import { t } from "../../src/core/language.ts";
import { element, setAttribute } from "../dom.ts";
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
  const button = element(
    "button",
    {
      type: "button",
      class: "legend-toggle",
      "data-series": series,
      "aria-pressed": String(!isHidden),
    },
    ...parts,
  );
  setAttribute(
    button,
    "title",
    isHidden ? t`Show ${label.toLowerCase()}` : t`Hide ${label.toLowerCase()}`,
  );
  button.addEventListener("click", () => {
    onToggle(series);
  });
  return element("li", {}, button);
}
