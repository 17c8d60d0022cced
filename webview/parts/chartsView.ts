import type { FromPage } from "../../src/protocol/page.ts";
import type { BreakdownModel } from "../../src/viewModels/breakdown/breakdown.ts";
import {
  breakdownCards,
  type BreakdownExcerpt,
  breakdownExcerpt,
} from "../../src/viewModels/breakdown/breakdownCards.ts";
import type { PointRange } from "../../src/viewModels/breakdown/series.ts";
import { rangeOfZoom, zoomOfRange } from "../../src/viewModels/breakdown/zoom.ts";
import type { Card } from "../../src/viewModels/cards/card.ts";
import { t } from "../../src/core/language.ts";
import { element, setShown } from "../dom.ts";
import type { ViewChoices } from "../pages/viewChoices.ts";
import type { Theme } from "../theme.ts";
import { createDropdown } from "../toolkit.ts";
import { type CardView, createCardView } from "./cardView.ts";
import { createRangeBar } from "./rangeBar.ts";

export interface ChartsView {
  readonly element: HTMLElement;
  draw(model: BreakdownModel, choices: ViewChoices, theme: Theme): void;
}

/** Minimum width of a bar for one or more messages: thinner bars blur together. */
const MIN_BAR_PX = 2.5;

/** The charts of one session, with the bar that selects a part of it. It holds no choices of its own. */
export function createChartsView(
  ask: (message: FromPage) => void,
  onChoice: (choice: Partial<ViewChoices>) => void,
): ChartsView {
  let sight: BreakdownExcerpt | undefined;
  let choices: ViewChoices | undefined;
  const onRange = (range: PointRange): void => {
    onChoice({ zoom: zoomOfRange(range, sight?.model.points ?? []) });
  };
  const rangeBar = createRangeBar(onRange);
  const scope = createDropdown(
    t("Own tokens, or those of the whole tree including sub-sessions"),
    [
      { value: "own", label: t("Own") },
      { value: "tree", label: t("Tree") },
    ],
    (value) => {
      onChoice({ scope: value === "tree" ? "tree" : "own" });
    },
  );
  const cards = new Map<string, CardView>();
  let rest = 0;
  const grid = element("div", { class: "cards" });
  const charts = element("div", {}, rangeBar.element, grid);
  return {
    element: charts,
    draw: (model, now, theme) => {
      choices = now;
      const range = rangeOfZoom(now.zoom, model.points);
      const roomFor = Math.floor((charts.clientWidth * 0.6) / MIN_BAR_PX);
      sight = breakdownExcerpt(model, range, roomFor, now.scope);
      rangeBar.draw(sight, theme);
      const all = breakdownCards(sight);
      const draw = (card: Card): void => {
        let view = cards.get(card.id);
        if (view === undefined) {
          view = createCardView(card, {
            ask,
            onPicture: (id, dataURL) => {
              ask({ type: "savePicture", card: id, dataURL });
            },
            onToggleTable: () => undefined,
            onToggleSeries: (kind) => {
              const hidden = choices?.hiddenKinds ?? [];
              onChoice({
                hiddenKinds: hidden.includes(kind)
                  ? hidden.filter((other) => other !== kind)
                  : [...hidden, kind],
              });
            },
            reveal: () => undefined,
            zoom: {
              target: () => ({
                range: sight?.range ?? { from: 0, to: 0 },
                count: sight?.model.points.length ?? 0,
              }),
              onRange,
            },
          });
          if (card.id === "shares") view.element.querySelector(".controls")?.after(scope.element);
          cards.set(card.id, view);
          grid.append(view.element);
        }
        view.draw(card, {
          theme,
          hidden: new Set(now.hiddenKinds),
          isTable: false,
          subject: model.title,
        });
      };
      cancelAnimationFrame(rest);
      // The page appears with its first chart; the others follow one frame later.
      const isFirst = cards.size === 0;
      all.slice(0, isFirst ? 1 : undefined).forEach(draw);
      if (isFirst) {
        rest = requestAnimationFrame(() => {
          all.slice(1).forEach(draw);
        });
      }
      setShown(scope.element, model.tree.descendants > 0);
      scope.setValue(now.scope);
    },
  };
}
