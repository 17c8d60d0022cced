/**
 * The usage pages, the editor panel and the side bar view: they draw the extension host's snapshots, and send
 * back the user's choices and requests only the host can carry out. VS Code keeps the choices, so hiding or
 * reloading does not change what the user sees.
 */
import { t } from "../../src/core/language.ts";
import type { ToUsage, UsageKept } from "../../src/protocol/page.ts";
import type { Card, CardRequest } from "../../src/viewModels/cards/card.ts";
import type { UsageChoices } from "../../src/viewModels/usage/usageChoices.ts";
import type { NameList, UsagePageModel } from "../../src/viewModels/usage/usagePage.ts";
import { element, plainButton, setAttribute, setShown, setText } from "../dom.ts";
import { connectHost } from "../host.ts";
import { startPage } from "../page.ts";
import { type CardActions, type CardView, createCardView } from "../parts/cardView.ts";
import { createHeader } from "../parts/header.ts";
import { createNotices } from "../parts/notices.ts";
import { createTiles } from "../parts/tiles.ts";
import type { Theme } from "../theme.ts";
import { createButton } from "../toolkit.ts";
import { reportWidth } from "../width.ts";

/** Starts a usage page. Call once per page. */
export function startUsage(kind: "panel" | "view"): void {
  const host = connectHost<ToUsage, UsageKept>(
    { snapshot: "model", waiting: "message" },
    (message) => {
      if (message.type === "waiting") {
        page.wait(message.message, message.isOver);
        return;
      }
      page.show(message.model);
      ({ choices } = message.model);
      keep();
    },
  );
  const restored = host.kept();
  let tables = new Set(restored?.tables);
  let hidden = new Set(restored?.hiddenSeries);
  let choices: UsageChoices | undefined = restored?.choices;

  const view = createUsageView(kind, {
    ask: host.post,
    onPicture: (card, dataURL) => {
      host.post({ type: "savePicture", card, dataURL });
    },
    onToggleTable: (id) => {
      tables = toggled(tables, id);
      keep();
      page.redraw();
    },
    onToggleSeries: (key) => {
      hidden = toggled(hidden, key);
      keep();
      page.redraw();
    },
    reveal: (id) => {
      document.querySelector(`[data-chart="${id}"]`)?.scrollIntoView({ block: "nearest" });
    },
  });
  const page = startPage<UsagePageModel>({
    view: view.element,
    opening: { label: t("Opening the ledger"), text: t("Opening the usage ledger…") },
    scrollTop: restored?.scrollTop ?? 0,
    onProblem: host.report,
    draw: (model, theme) => {
      view.draw(model, theme, tables, hidden);
    },
    onScroll: (part) => {
      if (part === undefined) keep();
    },
  });
  host.post({ type: "ready", choices });
  reportWidth(host.post);

  function keep(): void {
    if (choices === undefined) return;
    const kept: UsageKept = {
      version: 1,
      choices,
      tables: [...tables],
      hiddenSeries: [...hidden],
      scrollTop: page.scrollTop,
    };
    host.keep(kept);
  }
}

interface UsageView {
  readonly element: HTMLElement;
  draw(
    model: UsagePageModel,
    theme: Theme,
    tables: ReadonlySet<string>,
    hidden: ReadonlySet<string>,
  ): void;
}

function createUsageView(kind: "panel" | "view", actions: CardActions): UsageView {
  const { ask } = actions;
  const header = createHeader(ask);
  const notices = createNotices(ask);
  const tiles = createTiles(ask);
  setAttribute(tiles.element, "role", "group");
  setAttribute(tiles.element, "aria-label", t("Time"));
  tiles.element.classList.add("periods");
  const empty = element("p", { class: "empty", hidden: true });
  const grid = element("div", { class: kind === "panel" ? "cards usage-cards" : "side-content" });
  const lists = element("div", { class: "side-lists" });
  const open = createButton({
    label: t("Open Usage"),
    hint: t("Open usage with all its charts in an editor"),
    appearance: "primary",
    onClick: () => {
      ask({ type: "openPanel", drill: undefined });
    },
  });
  const cards = new Map<string, CardView>();
  let drawnLists = "";
  let answered: string | undefined;
  return {
    element: element(
      "main",
      { class: kind === "panel" ? "breakdown usage" : "usage side" },
      kind === "panel" ? header.element : element("h1", { class: "visually-hidden" }, t("Usage")),
      notices.element,
      tiles.element,
      empty,
      grid,
      ...(kind === "panel" ? [] : [lists, element("div", { class: "side-open" }, open.element)]),
    ),
    draw: (model, theme, tables, hidden) => {
      if (model.head !== undefined) header.draw(model.head);
      notices.draw(model.notices);
      tiles.draw(model.tiles);
      setText(empty, model.empty ?? "");
      setShown(empty, model.empty !== undefined);
      setShown(grid, model.empty === undefined);
      setShown(open.element, model.empty === undefined);
      for (const [id, { element: old }] of cards) {
        if (model.cards.some((card) => card.id === id)) continue;
        old.remove();
        cards.delete(id);
      }
      for (const card of model.cards) {
        let view = cards.get(card.id);
        if (view === undefined) {
          view = createCardView(card, actions);
          cards.set(card.id, view);
          grid.append(view.element);
        }
        view.draw(card, { theme, hidden, isTable: tables.has(card.id) });
      }
      showAnswer(model.cards.find(({ below }) => below !== undefined));
      const wanted = JSON.stringify(model.lists);
      if (wanted === drawnLists) return;
      drawnLists = wanted;
      lists.replaceChildren(...model.lists.map((list) => nameList(list, ask)));
    },
  };

  /** Moves the card that answers a click below the clicked card, and focuses it if it is new. */
  function showAnswer(card: Card | undefined): void {
    const isFirst = answered === undefined;
    const wanted = card === undefined ? "" : JSON.stringify([card.title, card.below]);
    if (wanted === answered) return;
    answered = wanted;
    const shown = card === undefined ? undefined : cards.get(card.id)?.element;
    if (card === undefined || shown === undefined) return;
    cards.get(card.below ?? "")?.element.after(shown);
    // A restored page must not take the focus from where the user is working.
    if (isFirst) return;
    shown.scrollIntoView({ block: "nearest" });
    shown.querySelector("h2")?.focus({ preventScroll: true });
  }
}

function nameList({ title, rows }: NameList, ask: (request: CardRequest) => void): HTMLElement {
  const items = rows.map((row) => {
    const button = plainButton(
      { class: "name-row", title: row.hint },
      () => {
        ask(row.ask);
      },
      element("span", { class: "name" }, row.name),
      element("span", { class: "name-value" }, row.value),
    );
    return element("li", {}, button);
  });
  return element(
    "section",
    { class: "named", hidden: rows.length === 0 },
    element("h2", {}, title),
    element("ul", { class: "names" }, ...items),
  );
}

function toggled(before: ReadonlySet<string>, one: string): Set<string> {
  const after = new Set(before);
  if (!after.delete(one)) after.add(one);
  return after;
}
