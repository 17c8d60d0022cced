import { t } from "../../src/core/language.ts";
import type { FromPage } from "../../src/protocol/page.ts";
import type { BreakdownModel, SessionFacts } from "../../src/viewModels/breakdown/breakdown.ts";
import {
  breakdownNotices,
  breakdownTiles,
  compactControl,
  sessionHead,
  sessionNotices,
} from "../../src/viewModels/breakdown/breakdownPage.ts";
import {
  type BreakdownTableID,
  childrenTable,
} from "../../src/viewModels/breakdown/breakdownTables.ts";
import type { FilesChanged } from "../../src/viewModels/documents/filesChanged.ts";
import { formatCount } from "../../src/viewModels/text/format.ts";
import { SESSION_TABS, type SessionTab } from "../../src/viewModels/conversation/sessionPlace.ts";
import type { ConversationView } from "../conversation/conversationView.ts";
import { element, setShown } from "../dom.ts";
import type { ChartsView } from "../parts/chartsView.ts";
import { createChangesView } from "../parts/changesView.ts";
import { createHeader } from "../parts/header.ts";
import { createMessagesView } from "../parts/messagesView.ts";
import { createNotices } from "../parts/notices.ts";
import { createTableView } from "../parts/tableView.ts";
import { createTiles } from "../parts/tiles.ts";
import type { Theme } from "../theme.ts";
import { createButton, createTabs } from "../toolkit.ts";
import type { ViewChoices } from "./viewChoices.ts";

/** What the page shows now. `breakdown` and `changes` date from the last time their tab was visible. */
export interface SessionModel {
  readonly nowMs: number;
  readonly facts: SessionFacts;
  readonly breakdown: BreakdownModel | undefined;
  readonly changes: FilesChanged | undefined;
}

export interface SessionView {
  readonly element: HTMLElement;
  readonly conversation: ConversationView;
  /** Sets how many requests wait for an answer. */
  setWaiting(count: number): void;
  /** Draws the visible parts; other tabs are drawn when they become visible. */
  draw(model: SessionModel, choices: ViewChoices, theme: Theme, nowMs: number): void;
}

/** The view of one session. It holds no choices of its own: they go to `onChoice`. */
export function createSessionView(
  ask: (message: FromPage) => void,
  onChoice: (choice: Partial<ViewChoices>) => void,
  conversation: ConversationView,
): SessionView {
  let choices: ViewChoices | undefined;
  let charts: ChartsView | undefined;
  const header = createHeader(ask);
  const notices = createNotices(ask);
  const tiles = createTiles(ask);
  const messages = createMessagesView(
    (order) => {
      onChoice({ order, page: 0 });
    },
    (page) => {
      onChoice({ page });
    },
  );
  const children = createTableView(ask);
  const noChildren = element(
    "p",
    { class: "empty" },
    t("This session has started no sub-sessions"),
  );
  const changes = createChangesView(ask);
  const chartsHolder = element("div", { class: "charts-view" });
  const fileButton = (
    label: string,
    hint: string,
    type: "copy" | "export",
    format: "csv" | "json",
  ): HTMLElement =>
    createButton({
      label,
      hint,
      appearance: "icon",
      onClick: () => {
        const table: BreakdownTableID = choices?.tab === "children" ? "children" : "messages";
        ask({ type, format, table });
      },
    }).element;
  const exports = element(
    "div",
    { class: "exports" },
    fileButton(t("Copy CSV"), t("Copy the table as CSV"), "copy", "csv"),
    fileButton(t("Export CSV…"), t("Save the table as a CSV file"), "export", "csv"),
    fileButton(t("Copy JSON"), t("Copy all figures as JSON"), "copy", "json"),
    fileButton(t("Export JSON…"), t("Save all figures as a JSON file"), "export", "json"),
  );
  const tabs = createTabs(
    t("Session"),
    [
      { id: "conversation", label: t("Conversation"), content: conversation.element },
      { id: "charts", label: t("Tokens"), content: chartsHolder },
      { id: "messages", label: t("Steps"), content: messages.element },
      {
        id: "children",
        label: t("Sub-sessions"),
        content: element("div", { class: "table-view" }, children.element, noChildren),
      },
      { id: "changes", label: t("Changes"), content: changes.element },
    ],
    exports,
    (tab) => {
      const chosen = SESSION_TABS.find((known) => known === tab);
      if (chosen !== undefined) onChoice({ tab: chosen });
    },
  );
  const page = element(
    "main",
    { class: "breakdown session" },
    header.element,
    notices.element,
    tiles.element,
    tabs.element,
  );

  const drawCharts = (model: BreakdownModel, now: ViewChoices, theme: Theme): void => {
    if (charts !== undefined) charts.draw(model, now, theme);
    else {
      void import("../charts.ts").then(({ createChartsView }) => {
        if (charts !== undefined) return;
        charts = createChartsView(ask, onChoice);
        chartsHolder.append(charts.element);
        onChoice({});
      });
    }
  };

  return {
    element: page,
    conversation,
    setWaiting: (count) => {
      tabs.setCount("conversation", count > 0 ? formatCount(count) : undefined);
    },
    draw: ({ facts, breakdown: model, changes: files }, nextChoices, theme, nowMs) => {
      choices = nextChoices;
      const { tab } = choices;
      const isAboutTokens = TOKEN_TABS.has(tab);
      page.classList.toggle("is-stale", facts.freshness.kind !== "live");
      const head = sessionHead(facts, nowMs);
      const isConversation = tab === "conversation";
      const compact = compactControl(facts, isConversation ? "icon" : "secondary");
      header.draw(isConversation ? head : { ...head, controls: [...head.controls, compact] });
      conversation.controls.draw(isConversation ? [compact] : []);
      const isCounted = isAboutTokens && model !== undefined;
      notices.draw(isCounted ? breakdownNotices(model, nowMs) : sessionNotices(facts, nowMs));
      tabs.setCount("children", facts.descendants > 0 ? formatCount(facts.descendants) : undefined);
      tabs.select(tab);
      setShown(tiles.element, isCounted);
      setShown(exports, isCounted && (model.points.length > 0 || facts.descendants > 0));
      conversation.setActive(isConversation);
      if (tab === "changes" && files !== undefined) changes.draw(files);
      if (!isCounted) return;
      tiles.draw(breakdownTiles(model));
      if (tab === "messages") messages.draw(model, choices.order, choices.page);
      else if (tab === "children") {
        setShown(children.element, model.children.length > 0);
        setShown(noChildren, model.children.length === 0);
        if (model.children.length > 0) children.draw(childrenTable(model, nowMs));
      } else drawCharts(model, choices, theme);
    },
  };
}

/** The tabs that show figures. */
const TOKEN_TABS: ReadonlySet<SessionTab> = new Set(["charts", "messages", "children"]);
