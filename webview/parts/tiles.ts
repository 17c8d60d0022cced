import type { CardRequest } from "../../src/viewModels/cards/card.ts";
import type { Tile } from "../../src/viewModels/cards/page.ts";
import {
  drawEach,
  element,
  plainButton,
  setAttribute,
  setShown,
  setText,
  type View,
} from "../dom.ts";
import { setMeter } from "./meters.ts";

/** A row of large figures, shown as buttons if they can be chosen. */
export function createTiles(ask: (request: CardRequest) => void): View<readonly Tile[]> {
  const holder = element("div", { class: "tiles" });
  const views = new Map<string, View<Tile>>();
  return {
    element: holder,
    draw: (tiles) => {
      setShown(holder, tiles.length > 0);
      drawEach(
        holder,
        views,
        tiles,
        ({ id }) => id,
        (tile) => createTile(tile, ask),
      );
    },
  };
}

function createTile(first: Tile, ask: (request: CardRequest) => void): View<Tile> {
  const { id, label, ask: asked } = first;
  const value = element("span", { class: "tile-value" });
  const detail = element("span", { class: "tile-detail" });
  const gone = element("span", { class: "tile-detail tile-gone" });
  const fill = element("span", { class: "meter-fill" });
  const meter = element(
    "span",
    { class: "meter", role: "meter", "aria-label": label, "aria-valuemin": 0 },
    fill,
  );
  const parts = [element("span", { class: "tile-label" }, label), value, detail, gone, meter];
  const tile =
    asked === undefined
      ? element("section", { class: "tile", "aria-label": label, "data-tile": id }, ...parts)
      : plainButton(
          { class: "tile period", "data-tile": id },
          () => {
            ask(asked);
          },
          ...parts,
        );
  return {
    element: tile,
    draw: (next) => {
      setText(value, next.value);
      setText(detail, next.detail);
      setText(gone, next.gone ?? "");
      setShown(gone, next.gone !== undefined);
      setShown(meter, next.percent !== undefined);
      if (next.percent !== undefined) setMeter(meter, fill, next.percent);
      setAttribute(tile, "title", next.hint);
      if (next.isChosen !== undefined) setAttribute(tile, "aria-pressed", String(next.isChosen));
    },
  };
}
