import type { PointRange } from "../../src/viewModels/series.ts";
import type { TokenKind } from "../../src/viewModels/tokenKinds.ts";
import type { ChartDefinition, DrawnChart, Frame, LegendItem } from "../charts/definition.ts";
import { pictureOf, type PictureText, sharply } from "../charts/picture.ts";
import { selectionOfKey, type SelectionSteps } from "../charts/selection.ts";
import type { Theme } from "../theme.ts";
import { element, setAttribute, setShown, setText } from "../dom.ts";
import { createButton, createDropdown } from "../toolkit.ts";
import { createLegend } from "./legend.ts";
import { attachZoomGestures, rangeOfKey } from "./zoomGestures.ts";

/** What a person does on a chart. */
export interface ChartActions {
  readonly onRange: (range: PointRange) => void;
  readonly onToggleKind: (kind: TokenKind) => void;
  readonly onScope: (scope: "own" | "tree") => void;
  readonly onPicture: (chartID: string, dataURL: string) => void;
}

export interface ChartCard {
  readonly element: HTMLElement;
  draw(frame: Frame): void;
}

/** Up and down are the page's. */
const STEPS: SelectionSteps = { ArrowRight: 1, ArrowLeft: -1 };

/** A chart with its title, legend and buttons. It is drawn by pointer and by keyboard alike. */
export function createChartCard(definition: ChartDefinition, actions: ChartActions): ChartCard {
  const titleID = `chart-${definition.id}`;
  const canvas = element("canvas", { role: "img", tabindex: 0 });
  const surface = element("div", { class: "chart-surface" }, canvas);
  const empty = element("p", { class: "empty", hidden: true });
  const subtitle = element("span", { class: "card-subtitle" });
  const spoken = element("p", { class: "visually-hidden", "aria-live": "polite" });
  const legend = createLegend({
    attribute: "data-kind",
    keyOf: (item: LegendItem) => item.kind,
    onToggle: actions.onToggleKind,
  });
  const scope = createDropdown(
    "Own tokens, or those of the tree with its sub-sessions",
    [
      { value: "own", label: "Own" },
      { value: "tree", label: "Tree" },
    ],
    (value) => {
      actions.onScope(value === "tree" ? "tree" : "own");
    },
  );
  const save = createButton({
    label: "Save PNG",
    hint: `Save the chart «${definition.title}» as a PNG picture`,
    appearance: "icon",
    onClick: () => {
      if (frame === undefined || drawn === undefined) return;
      // What is pointed at does not belong into the picture.
      select(undefined);
      const { chart } = drawn;
      const { theme } = frame;
      const text = pictureText(definition, frame);
      const dataURL = sharply(chart, () => pictureOf(canvas, theme, text));
      actions.onPicture(definition.id, dataURL);
    },
  });
  const card = element(
    "section",
    {
      class: `card columns-${definition.columns}`,
      "aria-labelledby": titleID,
      "data-chart": definition.id,
    },
    element(
      "header",
      { class: "card-header" },
      element("h2", { id: titleID }, definition.title),
      subtitle,
      element("span", { class: "spacer" }),
      ...(definition.hasScope ? [scope.element] : []),
      save.element,
    ),
    element("div", { class: "card-body" }, surface, empty, legend.element),
    spoken,
  );

  let frame: Frame | undefined;
  let drawn: DrawnChart | undefined;
  let drawnIn: Theme | undefined;
  let selected: number | undefined;
  const select = (index: number | undefined): void => {
    selected = index;
    setText(spoken, drawn?.select(index) ?? "");
  };
  canvas.addEventListener("keydown", (event) => {
    if (frame === undefined || drawn === undefined || event.ctrlKey || event.metaKey) return;
    const count = frame.model.points.length;
    const range = definition.isZoomable ? rangeOfKey(event.key, frame.range, count) : undefined;
    if (range !== undefined) {
      event.preventDefault();
      actions.onRange(range);
      return;
    }
    const next = selectionOfKey(event.key, selected, drawn.count(), STEPS);
    if (next === "none") return;
    event.preventDefault();
    select(next);
  });
  canvas.addEventListener("blur", () => {
    if (selected !== undefined) select(undefined);
  });
  if (definition.isZoomable) {
    attachZoomGestures(
      surface,
      () => {
        const area = drawn?.chart.chartArea;
        return {
          range: frame?.range ?? { from: 0, to: 0 },
          count: frame?.model.points.length ?? 0,
          left: area?.left ?? 0,
          right: area?.right ?? 0,
        };
      },
      actions.onRange,
    );
    surface.classList.add("is-zoomable");
  }

  return {
    element: card,
    draw: (next) => {
      frame = next;
      const text = definition.text(next);
      setText(subtitle, text.subtitle);
      setAttribute(
        canvas,
        "aria-label",
        `${text.label} ${HELP[definition.isZoomable ? "zoom" : "plain"]}`,
      );
      const isEmpty = text.empty !== undefined;
      setText(empty, text.empty ?? "");
      setShown(empty, isEmpty);
      setShown(surface, !isEmpty);
      setShown(legend.element, !isEmpty);
      setShown(save.element, !isEmpty);
      if (definition.hasScope) {
        setShown(scope.element, next.model.tree.descendants > 0);
        scope.setValue(next.scope);
      }
      if (isEmpty) return;
      legend.draw(definition.legend(next), next.hiddenKinds);
      // A chart keeps the colours of its parts: in another theme it is made anew.
      if (drawn !== undefined && drawnIn !== next.theme) {
        drawn.chart.destroy();
        drawn = undefined;
      }
      drawnIn = next.theme;
      drawn ??= definition.create(canvas, next);
      drawn.draw(next);
      if (selected !== undefined) drawn.select(selected);
    },
  };
}

function pictureText(definition: ChartDefinition, frame: Frame): PictureText {
  const { subtitle } = definition.text(frame);
  return {
    title: subtitle === "" ? definition.title : `${definition.title} · ${subtitle}`,
    subtitle: frame.model.title,
    legend: definition
      .legend(frame)
      .filter(({ kind }) => kind === undefined || !frame.hiddenKinds.has(kind)),
  };
}

const HELP = {
  plain: "Arrow keys read the parts one by one. The Messages tab has the same figures as a table.",
  zoom: "Arrow keys read the messages one by one, plus and minus zoom, 0 shows all. The Messages tab has the same figures as a table.",
} as const;
