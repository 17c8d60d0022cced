import { t } from "../../src/core/language.ts";
import type { Card, CardRequest, Drawing } from "../../src/viewModels/cards/card.ts";
import type { PointRange } from "../../src/viewModels/breakdown/series.ts";
import { element, setAttribute, setLines, setShown, setText } from "../dom.ts";
import { createCalendar } from "../drawings/calendar.ts";
import type { DrawnChart } from "../drawings/drawn.ts";
import { legendItems } from "../drawings/legendItems.ts";
import { pictureOf } from "../drawings/picture.ts";
import { createPlot } from "../drawings/plot.ts";
import { createRing } from "../drawings/ring.ts";
import { selectionOfKey, type SelectionSteps } from "../drawings/selection.ts";
import type { Theme } from "../theme.ts";
import { createButton } from "../toolkit.ts";
import { createControls } from "./controls.ts";
import { createLegend } from "./legend.ts";
import { createMeters } from "./meters.ts";
import { createTableView } from "./tableView.ts";
import { attachZoomGestures, rangeOfKey } from "./zoomGestures.ts";

/** User actions on a card. */
export interface CardActions {
  readonly ask: (request: CardRequest) => void;
  readonly onPicture: (cardID: string, dataURL: string) => void;
  /** Switches a card between its drawing and its table. */
  readonly onToggleTable: (cardID: string) => void;
  readonly onToggleSeries: (series: string) => void;
  /** Shows another card, the one where the requested answer will appear. */
  readonly reveal: (cardID: string) => void;
  /** The range that zoomable plots zoom over. */
  readonly zoom?: {
    readonly target: () => { readonly range: PointRange; readonly count: number };
    readonly onRange: (range: PointRange) => void;
  };
}

/** How a card is drawn. */
export interface CardLook {
  readonly theme: Theme;
  /** Keys of the series that are not drawn. */
  readonly hidden: ReadonlySet<string>;
  readonly isTable: boolean;
  /** What a saved picture names besides the card, such as the session. */
  readonly subject?: string;
}

export interface CardView {
  readonly element: HTMLElement;
  draw(card: Card, look: CardLook): void;
}

/** On a zoomed plot, up and down scroll the page; a calendar has one column per week and ends with today. */
const STEPS: SelectionSteps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 1, ArrowUp: -1 };
const ZOOM_STEPS: SelectionSteps = { ArrowRight: 1, ArrowLeft: -1 };
const CALENDAR_STEPS: SelectionSteps = {
  ArrowRight: 7,
  ArrowLeft: -7,
  ArrowDown: 1,
  ArrowUp: -1,
  beginsAtLast: true,
};

/**
 * A chart with its title, legend and buttons, or its table instead of the drawing. By pointer and keyboard
 * alike, a part shows its figures and requests the details behind it. A card never changes the kind of its
 * drawing and table.
 */
export function createCardView(first: Card, actions: CardActions): CardView {
  const { id, title } = first;
  const kind = first.drawing?.kind;
  const isOnCanvas = kind !== undefined && kind !== "meters";
  const zoom =
    first.drawing?.kind === "plot" && first.drawing.isZoomable === true ? actions.zoom : undefined;
  const heading = element("h2", { id: `card-${id}`, tabindex: -1 }, title);
  const subtitle = element("span", { class: "card-subtitle" });
  const canvas = element("canvas", { role: "img", tabindex: 0 });
  const surface = element("div", { class: "chart-surface", hidden: !isOnCanvas }, canvas);
  const empty = element("p", { class: "empty", hidden: true });
  const spoken = element("p", { class: "visually-hidden", "aria-live": "polite" });
  const notes = element("div", { class: "card-notes" });
  const legend = createLegend(actions.onToggleSeries);
  const table = createTableView(actions.ask, actions.reveal);
  const meters = createMeters(actions.ask);
  const controls = createControls(actions.ask);
  let card = first;
  let look: CardLook | undefined;
  let drawn: DrawnChart | undefined;
  let drawnIn: Theme | undefined;
  let selected: number | undefined;

  const fileButton = (label: string, hint: string, onClick: () => void) => {
    const button = createButton({ label, hint, appearance: "icon", onClick });
    button.element.setAttribute("data-file", "");
    return button;
  };
  const toggle = createButton({
    label: t("Table"),
    hint: t`Show “${title}” as a table`,
    appearance: "icon",
    onClick: () => {
      actions.onToggleTable(id);
    },
  });
  const copy = fileButton(t("Copy"), t`Copy the figures of “${title}” as CSV`, () => {
    actions.ask({ type: "copy", format: "csv", table: id });
  });
  const csv = fileButton("CSV…", t`Save the figures of “${title}” as a CSV file`, () => {
    actions.ask({ type: "export", format: "csv", table: id });
  });
  const png = fileButton("PNG…", t`Save the chart “${title}” as a PNG image`, () => {
    if (look === undefined || drawn === undefined) return;
    // The selection does not belong in the picture.
    select(undefined);
    const { theme } = look;
    const text = pictureText(card, look);
    const dataURL = drawn.atPictureScale(() => pictureOf(canvas, theme, text));
    actions.onPicture(id, dataURL);
  });
  if (kind === "meters") toggle.element.setAttribute("data-file", "");
  const section = element(
    "section",
    {
      class: `card columns-${first.columns} card-${id}`,
      "aria-labelledby": `card-${id}`,
      "data-chart": id,
    },
    element(
      "header",
      { class: "card-header" },
      heading,
      subtitle,
      element("span", { class: "spacer" }),
      controls.element,
      ...(first.table === undefined || kind === undefined ? [] : [toggle.element]),
      ...(first.table === undefined ? [] : [copy.element, csv.element]),
      ...(isOnCanvas ? [png.element] : []),
    ),
    element(
      "div",
      { class: "card-body" },
      surface,
      empty,
      legend.element,
      table.element,
      meters.element,
      notes,
    ),
    spoken,
  );

  const select = (index: number | undefined): void => {
    selected = index;
    setText(spoken, drawn?.select(index) ?? "");
  };
  const follow = (index: number | undefined): void => {
    const asked = index === undefined ? undefined : drawn?.askOf(index);
    if (asked !== undefined) actions.ask(asked);
  };
  canvas.addEventListener("click", (event) => {
    follow(drawn?.partAt(event));
  });
  canvas.addEventListener("mousemove", (event) => {
    const part = drawn?.partAt(event);
    const leads = part !== undefined && drawn?.askOf(part) !== undefined;
    canvas.style.cursor = leads ? "pointer" : "";
  });
  canvas.addEventListener("keydown", (event) => {
    if (drawn === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      follow(selected);
      return;
    }
    const { range, count } = zoom?.target() ?? { range: { from: 0, to: 0 }, count: 0 };
    const zoomed = zoom === undefined ? undefined : rangeOfKey(event.key, range, count);
    if (zoomed !== undefined) {
      event.preventDefault();
      zoom?.onRange(zoomed);
      return;
    }
    const steps = kind === "calendar" ? CALENDAR_STEPS : zoom === undefined ? STEPS : ZOOM_STEPS;
    const next = selectionOfKey(event.key, selected, drawn.count(), steps);
    if (next === "none") return;
    event.preventDefault();
    select(next);
  });
  canvas.addEventListener("blur", () => {
    if (selected !== undefined) select(undefined);
  });
  if (zoom !== undefined) {
    const { target, onRange } = zoom;
    attachZoomGestures(
      surface,
      () => ({ ...target(), ...(drawn?.area() ?? { left: 0, right: 0 }) }),
      onRange,
    );
    surface.classList.add("is-zoomable");
  }

  return {
    element: section,
    draw: (next, nextLook) => {
      card = next;
      look = nextLook;
      const { theme, hidden } = nextLook;
      const { drawing } = next;
      const isEmpty = next.empty !== undefined;
      const isTable = next.table !== undefined && (nextLook.isTable || drawing === undefined);
      setText(heading, next.title);
      setText(subtitle, next.subtitle);
      controls.draw(next.controls ?? []);
      section.classList.toggle("is-table", isTable);
      setText(empty, next.empty ?? "");
      setShown(empty, isEmpty);
      setShown(surface, isOnCanvas && !isTable && !isEmpty);
      setShown(legend.element, isOnCanvas && !isTable && !isEmpty);
      setShown(table.element, isTable && !isEmpty);
      setShown(meters.element, kind === "meters");
      for (const button of [toggle, csv]) setShown(button.element, !isEmpty);
      setShown(copy.element, !isEmpty && isTable);
      setShown(png.element, !isEmpty && !isTable);
      toggle.setLabel(
        isTable ? (kind === "meters" ? t("Bars") : t("Chart")) : t("Table"),
        !isTable
          ? t`Show “${next.title}” as a table`
          : kind === "meters"
            ? t`Show “${next.title}” as bars`
            : t`Show “${next.title}” as a chart`,
      );
      setLines(notes, "p", isEmpty ? [] : (next.notes ?? []));
      if (drawing?.kind === "meters") meters.draw(drawing, isTable);
      if (isEmpty) return;
      if (isTable) {
        table.draw(next.table);
        return;
      }
      if (drawing === undefined || drawing.kind === "meters") return;
      setAttribute(canvas, "aria-label", `${next.label} ${helpOf(next)}`);
      legend.draw(legendItems(drawing, theme), hidden);
      // A chart keeps the colours of its parts, so it is recreated when the theme changes.
      if (drawn !== undefined && drawnIn !== theme) {
        drawn.destroy();
        drawn = undefined;
      }
      drawnIn = theme;
      drawn ??= createDrawing(canvas, drawing, theme);
      drawn.draw(drawing, hidden);
      if (selected !== undefined) drawn.select(selected);
    },
  };
}

function createDrawing(
  canvas: HTMLCanvasElement,
  drawing: Exclude<Drawing, { readonly kind: "meters" }>,
  theme: Theme,
): DrawnChart {
  switch (drawing.kind) {
    case "plot":
      return createPlot(canvas, drawing, theme);
    case "ring":
      return createRing(canvas, drawing, theme);
    case "calendar":
      return createCalendar(canvas, drawing, theme);
  }
}

/** Describes the keyboard controls of a drawing. */
function helpOf({ drawing, table }: Card): string {
  const isZoomable = drawing?.kind === "plot" && drawing.isZoomable === true;
  return [
    t("Arrow keys step through the parts"),
    isZoomable ? t(", plus and minus zoom, 0 shows all") : "",
    table === undefined ? "" : t(", Enter shows the sessions behind one"),
    table === undefined
      ? t(". The Steps tab shows the same figures as a table.")
      : t(". The Table button shows the same figures as a table."),
  ].join("");
}

function pictureText(card: Card, { theme, hidden, subject }: CardLook) {
  const { title, subtitle, drawing } = card;
  const items = drawing === undefined ? [] : legendItems(drawing, theme);
  return {
    title: subject === undefined || subtitle === "" ? title : `${title} · ${subtitle}`,
    subtitle: subject ?? subtitle,
    legend: items.filter(({ series }) => series === undefined || !hidden.has(series)),
  };
}
