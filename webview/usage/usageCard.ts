import { type UsageTableID, usageTable } from "../../src/viewModels/usageTables.ts";
import { pictureOf } from "../charts/picture.ts";
import { selectionOfKey, type SelectionSteps } from "../charts/selection.ts";
import { createLegend } from "../components/legend.ts";
import { type Child, element, setAttribute, setShown, setText } from "../dom.ts";
import type { Theme } from "../theme.ts";
import { createButton } from "../toolkit.ts";
import { createTableView } from "./tableView.ts";
import type { UsageActions } from "./usageActions.ts";
import type {
  DrawnUsageChart,
  UsageChartDefinition,
  UsageFrame,
  UsageLegendItem,
} from "./usageChart.ts";

export interface UsageCard {
  readonly id: UsageTableID;
  readonly element: HTMLElement;
  draw(frame: UsageFrame, isTable: boolean): void;
}

const STEPS: SelectionSteps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 1, ArrowUp: -1 };

/** A calendar has a week a column, and today at its end. */
const CALENDAR_STEPS: SelectionSteps = {
  ArrowRight: 7,
  ArrowLeft: -7,
  ArrowDown: 1,
  ArrowUp: -1,
  beginsAtLast: true,
};

/**
 * A chart with its title, legend and buttons, or its table in place of the drawing. A click, or Enter on the part
 * that arrow keys lead to, shows the sessions behind it.
 */
export function createUsageCard(
  definition: UsageChartDefinition,
  actions: UsageActions,
  controls: readonly Child[] = [],
): UsageCard {
  const { id } = definition;
  const titleID = `usage-${id}`;
  const canvas = element("canvas", { role: "img", tabindex: 0 });
  const surface = element("div", { class: "chart-surface" }, canvas);
  const empty = element("p", { class: "empty", hidden: true });
  const subtitle = element("span", { class: "card-subtitle" });
  const spoken = element("p", { class: "visually-hidden", "aria-live": "polite" });
  const notes = element("div", { class: "card-notes" });
  const legend = createLegend({
    attribute: "data-series",
    keyOf: (item: UsageLegendItem) => item.series,
    onToggle: actions.onToggleSeries,
  });
  const table = createTableView(actions);
  let frame: UsageFrame | undefined;
  let drawn: DrawnUsageChart | undefined;
  let drawnIn: Theme | undefined;
  let selected: number | undefined;

  const toggle = createButton({
    label: "Table",
    hint: `Show «${definition.title}» as a table`,
    appearance: "icon",
    onClick: () => {
      actions.onToggleTable(id);
    },
  });
  const copy = createButton({
    label: "Copy",
    hint: `Copy the figures of «${definition.title}» as CSV`,
    appearance: "icon",
    onClick: () => {
      actions.ask({ type: "copy", format: "csv", table: id });
    },
  });
  const csv = createButton({
    label: "CSV…",
    hint: `Save the figures of «${definition.title}» as a CSV file`,
    appearance: "icon",
    onClick: () => {
      actions.ask({ type: "export", format: "csv", table: id });
    },
  });
  const png = createButton({
    label: "PNG…",
    hint: `Save the chart «${definition.title}» as a PNG picture`,
    appearance: "icon",
    onClick: () => {
      if (frame === undefined || drawn === undefined) return;
      select(undefined);
      const { theme } = frame;
      const text = pictureText(definition, frame);
      const dataURL = drawn.sharply(() => pictureOf(canvas, theme, text));
      actions.ask({ type: "savePicture", chart: id, dataURL });
    },
  });
  for (const button of [copy, csv, png]) button.element.setAttribute("data-file", "");
  const card = element(
    "section",
    {
      class: `card columns-${definition.columns} card-${id}`,
      "aria-labelledby": titleID,
      "data-chart": id,
    },
    element(
      "header",
      { class: "card-header" },
      element("h2", { id: titleID }, definition.title),
      subtitle,
      element("span", { class: "spacer" }),
      ...controls,
      toggle.element,
      copy.element,
      csv.element,
      png.element,
    ),
    element("div", { class: "card-body" }, surface, empty, legend.element, notes, table.element),
    spoken,
  );

  const select = (index: number | undefined): void => {
    selected = index;
    setText(spoken, drawn?.select(index) ?? "");
  };
  const drill = (index: number | undefined): void => {
    const wanted = index === undefined ? undefined : drawn?.drill(index);
    if (wanted !== undefined) actions.onDrill(wanted);
  };
  canvas.addEventListener("click", (event) => {
    drill(drawn?.partAt(event));
  });
  canvas.addEventListener("mousemove", (event) => {
    const part = drawn?.partAt(event);
    canvas.style.cursor =
      part !== undefined && drawn?.drill(part) !== undefined ? "pointer" : "default";
  });
  canvas.addEventListener("keydown", (event) => {
    if (drawn === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      drill(selected);
      return;
    }
    const steps = id === "calendar" ? CALENDAR_STEPS : STEPS;
    const next = selectionOfKey(event.key, selected, drawn.count(), steps);
    if (next === "none") return;
    event.preventDefault();
    select(next);
  });
  canvas.addEventListener("blur", () => {
    if (selected !== undefined) select(undefined);
  });

  return {
    id,
    element: card,
    draw: (next, isTable) => {
      frame = next;
      const text = definition.text(next);
      setText(subtitle, text.subtitle);
      const isEmpty = text.empty !== undefined;
      card.classList.toggle("is-table", isTable);
      setShown(table.element, isTable && !isEmpty);
      setText(empty, text.empty ?? "");
      setShown(empty, isEmpty);
      setShown(surface, !isTable && !isEmpty);
      setShown(legend.element, !isTable && !isEmpty);
      for (const button of [toggle, csv]) setShown(button.element, !isEmpty);
      setShown(copy.element, !isEmpty && isTable);
      setShown(png.element, !isEmpty && !isTable);
      setText(toggle.element, isTable ? "Chart" : "Table");
      toggle.setHint(`Show «${definition.title}» as a ${isTable ? "chart" : "table"}`);
      drawNotes(notes, isEmpty ? [] : (definition.notes?.(next) ?? []));
      if (isEmpty) return;
      if (isTable) {
        table.draw(usageTable(next.model, id));
        return;
      }
      setAttribute(canvas, "aria-label", `${text.label} ${HELP}`);
      legend.draw(definition.legend(next), next.hiddenSeries);
      // A chart keeps the colours of its parts: in another theme it is made anew.
      if (drawn !== undefined && drawnIn !== next.theme) {
        drawn.destroy();
        drawn = undefined;
      }
      drawnIn = next.theme;
      drawn ??= definition.create(canvas, next);
      drawn.draw(next);
      if (selected !== undefined) drawn.select(selected);
    },
  };
}

const HELP =
  "Arrow keys read the parts one by one, Enter shows the sessions behind one. The Table button shows the same figures as a table.";

function drawNotes(target: HTMLElement, notes: readonly string[]): void {
  setShown(target, notes.length > 0);
  if (target.textContent === notes.join("")) return;
  target.replaceChildren(...notes.map((note) => element("p", {}, note)));
}

function pictureText(
  definition: UsageChartDefinition,
  frame: UsageFrame,
): Parameters<typeof pictureOf>[2] {
  return {
    title: definition.title,
    subtitle: definition.text(frame).subtitle,
    legend: definition
      .legend(frame)
      .filter(({ series }) => series === undefined || !frame.hiddenSeries.has(series)),
  };
}
