import type { BreakdownChoices, FromBreakdown } from "../src/protocol/breakdown.ts";
import type { BreakdownModel } from "../src/viewModels/breakdown.ts";
import { formatCount } from "../src/viewModels/format.ts";
import { bucketsOf, MAX_DRAWN_POINTS, type PointRange } from "../src/viewModels/series.ts";
import { TOKEN_KINDS, type TokenKind } from "../src/viewModels/tokenKinds.ts";
import { rangeOfZoom, zoomOfRange } from "../src/viewModels/zoom.ts";
import type { Frame } from "./charts/definition.ts";
import { CHARTS } from "./charts/registry.ts";
import { createChartCard } from "./components/chartCard.ts";
import { createChildrenTable } from "./components/childrenTable.ts";
import { createHeader } from "./components/header.ts";
import { createMessagesTable } from "./components/messagesTable.ts";
import { createNotices } from "./components/notices.ts";
import { createRangeBar } from "./components/rangeBar.ts";
import { createStatTiles } from "./components/statTiles.ts";
import { element, setShown } from "./dom.ts";
import type { Theme } from "./theme.ts";
import { createButton, createTabs } from "./toolkit.ts";

/** What a person chose to see, apart from where they scrolled to. */
export type ViewChoices = Omit<
  BreakdownChoices,
  "version" | "ref" | "scrollTop" | "tableScrollTop"
>;

export interface BreakdownView {
  readonly element: HTMLElement;
  /** Draws the parts that can be seen; what is on other tabs is drawn when it comes into sight. */
  draw(model: BreakdownModel, choices: ViewChoices, theme: Theme, nowMs: number): void;
}

/** The page of one session's token breakdown. It holds no state: what is chosen goes to `onChoice`. */
export function createBreakdownView(
  ask: (message: FromBreakdown) => void,
  onChoice: (choice: Partial<ViewChoices>) => void,
): BreakdownView {
  let model: BreakdownModel | undefined;
  let choices: ViewChoices | undefined;
  const onRange = (range: PointRange): void => {
    onChoice({ zoom: zoomOfRange(range, model?.points ?? []) });
  };
  const header = createHeader({
    onCompact: () => {
      ask({ type: "compact" });
    },
    onOpenParent: () => {
      if (model?.parent !== undefined) {
        ask({ type: "openSession", sessionID: model.parent.sessionID });
      }
    },
  });
  const notices = createNotices(() => {
    ask({ type: "reload" });
  });
  const tiles = createStatTiles();
  const rangeBar = createRangeBar(onRange);
  const cards = CHARTS.map((definition) =>
    createChartCard(definition, {
      onRange,
      onToggleKind: (kind) => {
        onChoice({ hiddenKinds: toggled(choices?.hiddenKinds ?? [], kind) });
      },
      onScope: (scope) => {
        onChoice({ scope });
      },
      onPicture: (chart, dataURL) => {
        ask({ type: "savePicture", chart, dataURL });
      },
    }),
  );
  const messages = createMessagesTable(
    (order) => {
      onChoice({ order, page: 0 });
    },
    (page) => {
      onChoice({ page });
    },
  );
  const children = createChildrenTable((sessionID) => {
    ask({ type: "openSession", sessionID });
  });
  const charts = element(
    "div",
    { class: "charts-view" },
    rangeBar.element,
    element("div", { class: "cards" }, ...cards.map((card) => card.element)),
  );
  const tabs = createTabs(
    "Token breakdown",
    [
      { id: "charts", label: "Charts", content: charts },
      { id: "children", label: "Sub-sessions", content: children.element },
      { id: "messages", label: "Messages", content: messages.element },
    ],
    (tab) => {
      onChoice({ tab });
    },
  );
  const table = (): "messages" | "children" =>
    choices?.tab === "children" ? "children" : "messages";
  const exports = element(
    "div",
    { class: "exports" },
    createButton({
      label: "Copy CSV",
      hint: "Copy the table as CSV",
      appearance: "icon",
      onClick: () => {
        ask({ type: "copy", format: "csv", table: table() });
      },
    }).element,
    createButton({
      label: "Export CSV…",
      hint: "Save the table as a CSV file",
      appearance: "icon",
      onClick: () => {
        ask({ type: "export", format: "csv", table: table() });
      },
    }).element,
    createButton({
      label: "Copy JSON",
      hint: "Copy all figures as JSON",
      appearance: "icon",
      onClick: () => {
        ask({ type: "copy", format: "json", table: table() });
      },
    }).element,
    createButton({
      label: "Export JSON…",
      hint: "Save all figures as a JSON file",
      appearance: "icon",
      onClick: () => {
        ask({ type: "export", format: "json", table: table() });
      },
    }).element,
  );
  const page = element(
    "main",
    { class: "breakdown" },
    header.element,
    notices.element,
    tiles.element,
    element("div", { class: "tabs" }, exports, tabs.element),
  );

  return {
    element: page,
    draw: (nextModel, nextChoices, theme, nowMs) => {
      model = nextModel;
      choices = nextChoices;
      page.classList.toggle("is-stale", model.freshness.kind !== "live");
      header.draw(model, nowMs);
      notices.draw(model, nowMs);
      tiles.draw(model);
      const childCount = model.children.length + model.hiddenChildren;
      tabs.setLabel(
        "children",
        "Sub-sessions",
        childCount > 0 ? formatCount(childCount) : undefined,
      );
      tabs.setLabel("messages", "Messages");
      tabs.select(choices.tab);
      setShown(exports, model.points.length > 0 || childCount > 0);
      if (choices.tab === "children") children.draw(model, nowMs);
      else if (choices.tab === "messages") messages.draw(model, choices.order, choices.page);
      else {
        const frame = frameOf(model, choices, theme, charts.clientWidth);
        rangeBar.draw(frame);
        for (const card of cards) card.draw(frame);
      }
    },
  };
}

/** Least width of what is drawn for one message or some: thinner bars blur into each other. */
const MIN_BAR_PX = 2.5;

function frameOf(
  model: BreakdownModel,
  choices: ViewChoices,
  theme: Theme,
  widthPx: number,
): Frame {
  const range = rangeOfZoom(choices.zoom, model.points);
  const roomFor = Math.floor((widthPx * 0.6) / MIN_BAR_PX);
  const buckets = bucketsOf(model.points, range, Math.min(MAX_DRAWN_POINTS, Math.max(60, roomFor)));
  const marked = new Set(model.compactions.map((mark) => mark.messageID));
  const compacted = new Set<number>();
  for (const [index, { first, last }] of buckets.entries()) {
    const points = model.points.slice(first, last + 1);
    if (points.some((point) => marked.has(point.messageID))) compacted.add(index);
  }
  const hiddenKinds = new Set(TOKEN_KINDS.filter((kind) => choices.hiddenKinds.includes(kind)));
  return { model, range, buckets, compacted, hiddenKinds, scope: choices.scope, theme };
}

function toggled(hidden: readonly string[], kind: TokenKind): readonly string[] {
  return hidden.includes(kind) ? hidden.filter((other) => other !== kind) : [...hidden, kind];
}
