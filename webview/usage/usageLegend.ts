import { element, setAttribute } from "../dom.ts";
import type { UsageLegendItem } from "./usageChart.ts";

export interface UsageLegend {
  readonly element: HTMLElement;
  draw(items: readonly UsageLegendItem[], hidden: ReadonlySet<string>): void;
}

/** What the colours of a chart mean; series of the trend can be hidden and shown by a click. */
export function createUsageLegend(onToggle: (series: string) => void): UsageLegend {
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
  item: UsageLegendItem,
  hidden: ReadonlySet<string>,
  onToggle: (series: string) => void,
): HTMLElement {
  const swatch = element("span", { class: `swatch ${item.mark}`, "aria-hidden": "true" });
  swatch.style.setProperty("--swatch", item.colour);
  const parts = [
    swatch,
    element("span", { class: "legend-label" }, item.label),
    ...(item.value === undefined ? [] : [element("span", { class: "legend-value" }, item.value)]),
  ];
  const { series } = item;
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
  setAttribute(button, "title", `${isHidden ? "Show" : "Hide"} ${item.label.toLowerCase()}`);
  button.addEventListener("click", () => {
    onToggle(series);
  });
  return element("li", {}, button);
}
