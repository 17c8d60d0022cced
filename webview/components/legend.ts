import type { TokenKind } from "../../src/viewModels/tokenKinds.ts";
import type { LegendItem } from "../charts/definition.ts";
import { element, setAttribute } from "../dom.ts";

export interface LegendView {
  readonly element: HTMLElement;
  draw(items: readonly LegendItem[], hiddenKinds: ReadonlySet<TokenKind>): void;
}

/** What the colours of a chart mean; kinds can be hidden and shown by a click. */
export function createLegend(onToggle: (kind: TokenKind) => void): LegendView {
  const list = element("ul", { class: "legend" });
  let drawn = "";
  return {
    element: list,
    draw: (items, hiddenKinds) => {
      const wanted = JSON.stringify([items, [...hiddenKinds]]);
      if (wanted === drawn) return;
      drawn = wanted;
      const focused = list.querySelector("button:focus")?.getAttribute("data-kind");
      list.replaceChildren(...items.map((item) => legendItem(item, hiddenKinds, onToggle)));
      if (typeof focused === "string") {
        list.querySelector<HTMLElement>(`button[data-kind="${focused}"]`)?.focus();
      }
    },
  };
}

function legendItem(
  item: LegendItem,
  hiddenKinds: ReadonlySet<TokenKind>,
  onToggle: (kind: TokenKind) => void,
): HTMLElement {
  const swatch = element("span", { class: `swatch ${item.mark}`, "aria-hidden": "true" });
  swatch.style.setProperty("--swatch", item.colour);
  const label = element("span", { class: "legend-label" }, item.label);
  const value =
    item.value === undefined ? [] : [element("span", { class: "legend-value" }, item.value)];
  const { kind } = item;
  if (kind === undefined) return element("li", {}, swatch, label, ...value);
  const isHidden = hiddenKinds.has(kind);
  const button = element(
    "button",
    {
      type: "button",
      class: "legend-toggle",
      "data-kind": kind,
      "aria-pressed": String(!isHidden),
    },
    swatch,
    label,
    ...value,
  );
  setAttribute(button, "title", `${isHidden ? "Show" : "Hide"} ${item.label.toLowerCase()}`);
  button.addEventListener("click", () => {
    onToggle(kind);
  });
  return element("li", {}, button);
}
