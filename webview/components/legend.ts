import type { LegendItem } from "../charts/definition.ts";
import { element, setAttribute } from "../dom.ts";

export interface LegendView<Item extends LegendItem> {
  readonly element: HTMLElement;
  draw(items: readonly Item[], hidden: ReadonlySet<string>): void;
}

/** What can be hidden and shown by a click of its item in a legend. */
export interface LegendToggle<Item extends LegendItem, Key extends string> {
  readonly attribute: `data-${string}`;
  /** What an item stands for; undefined where a click does nothing. */
  readonly keyOf: (item: Item) => Key | undefined;
  readonly onToggle: (key: Key) => void;
}

/** What the colours of a chart mean. */
export function createLegend<Item extends LegendItem, Key extends string>(
  toggle: LegendToggle<Item, Key>,
): LegendView<Item> {
  const list = element("ul", { class: "legend" });
  let drawn = "";
  return {
    element: list,
    draw: (items, hidden) => {
      const wanted = JSON.stringify([items, [...hidden]]);
      if (wanted === drawn) return;
      drawn = wanted;
      const focused = list.querySelector("button:focus")?.getAttribute(toggle.attribute);
      list.replaceChildren(...items.map((item) => legendItem(item, hidden, toggle)));
      for (const button of list.querySelectorAll("button")) {
        if (button.getAttribute(toggle.attribute) === focused) button.focus();
      }
    },
  };
}

function legendItem<Item extends LegendItem, Key extends string>(
  item: Item,
  hidden: ReadonlySet<string>,
  { attribute, keyOf, onToggle }: LegendToggle<Item, Key>,
): HTMLElement {
  const swatch = element("span", { class: `swatch ${item.mark}`, "aria-hidden": "true" });
  swatch.style.setProperty("--swatch", item.colour);
  const parts = [
    swatch,
    element("span", { class: "legend-label" }, item.label),
    ...(item.value === undefined ? [] : [element("span", { class: "legend-value" }, item.value)]),
  ];
  const key = keyOf(item);
  if (key === undefined) return element("li", {}, ...parts);
  const isHidden = hidden.has(key);
  const button = element(
    "button",
    {
      type: "button",
      class: "legend-toggle",
      [attribute]: key,
      "aria-pressed": String(!isHidden),
    },
    ...parts,
  );
  setAttribute(button, "title", `${isHidden ? "Show" : "Hide"} ${item.label.toLowerCase()}`);
  button.addEventListener("click", () => {
    onToggle(key);
  });
  return element("li", {}, button);
}
