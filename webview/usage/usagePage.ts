/**
 * The pages of usage in a webview, the panel in an editor and the view in the side bar: take snapshots from the
 * extension host, draw them, and send back what a person chose and what only the host may do. What was chosen is
 * kept by VS Code, so that hiding or reloading changes nothing one sees.
 */
import { type FromUsage, isToUsage, isUsageKept, type ToUsage } from "../../src/protocol/usage.ts";
import type { UsageModel } from "../../src/viewModels/usage.ts";
import type { UsageChange, UsageDrill } from "../../src/viewModels/usageChoices.ts";
import { element, setShown, setText } from "../dom.ts";
import { connectHost } from "../host.ts";
import { readTheme, watchTheme } from "../theme.ts";
import { createProgressRing } from "../toolkit.ts";
import type { UsageActions } from "./usageActions.ts";
import { createUsagePanelView } from "./usagePanelView.ts";
import { createUsageSideView } from "./usageSideView.ts";

/** How often «ends in 3h» is told anew. */
const AGE_INTERVAL_MS = 20_000;

/** Starts a page of usage. To be called once a page. */
export function startUsage(kind: "panel" | "view"): void {
  const host = connectHost<ToUsage, FromUsage>(isToUsage, receive, (message) => ({
    type: "problem",
    message,
  }));
  const keptBefore = host.kept();
  const restored = isUsageKept(keptBefore) ? keptBefore : undefined;
  let tables = new Set(restored?.tables);
  let hiddenSeries = new Set(restored?.hiddenSeries);
  let choices = restored?.choices;
  let scrollTop = restored?.scrollTop ?? 0;
  let model: UsageModel | undefined;
  let theme = readTheme();
  /** Our clock against the host's, which may be another machine's. */
  let clockAheadMs = 0;
  let isScrollRestored = false;
  let isDrawQueued = false;

  const change = (made: UsageChange): void => {
    host.post({ type: "choose", change: made });
  };
  const actions: UsageActions = {
    ask: (message) => {
      host.post(message);
    },
    onDrill: (drill: UsageDrill | undefined) => {
      if (kind === "view") host.post({ type: "openPanel", drill });
      else change({ kind: "drill", drill });
    },
    onOpenSession: (sessionID) => {
      host.post({ type: "openSession", sessionID });
    },
    onUseSession: (slot, sessionID) => {
      change({ kind: "session", slot: slot === "compare" ? freeSlot(model) : slot, sessionID });
      reveal(slot === "compare" ? "comparison" : "composition");
    },
    onToggleTable: (id) => {
      tables = toggled(tables, id);
      keep();
      queueDraw();
    },
    onToggleSeries: (key) => {
      hiddenSeries = toggled(hiddenSeries, key);
      keep();
      queueDraw();
    },
  };
  const view =
    kind === "panel" ? createUsagePanelView(actions, change) : createUsageSideView(actions, change);
  const ring = createProgressRing("Opening the ledger");
  const words = element("p", { role: "status" }, "Opening the usage ledger…");
  const waiting = element("div", { class: "waiting" }, ring, words);
  setShown(view.element, false);
  document.body.append(waiting, view.element);

  watchTheme((next) => {
    theme = next;
    queueDraw();
  });
  window.addEventListener("resize", queueDraw);
  document.addEventListener(
    "scroll",
    ({ target }) => {
      if (!isScrollRestored || target instanceof Element) return;
      ({ scrollTop } = document.documentElement);
      keep();
    },
    { capture: true, passive: true },
  );
  setInterval(queueDraw, AGE_INTERVAL_MS);
  host.post({ type: "ready", choices });

  function receive(message: ToUsage): void {
    if (message.type === "waiting") {
      setText(words, message.message);
      setShown(ring, !message.isOver);
      return;
    }
    ({ model } = message);
    ({ choices } = model);
    clockAheadMs = Date.now() - model.nowMs;
    keep();
    queueDraw();
  }

  /** Draws at most once a frame, however many snapshots come in. */
  function queueDraw(): void {
    if (isDrawQueued || model === undefined) return;
    isDrawQueued = true;
    requestAnimationFrame(() => {
      isDrawQueued = false;
      if (model === undefined) return;
      setShown(waiting, false);
      setShown(view.element, true);
      view.draw({ model, theme, hiddenSeries }, tables, Date.now() - clockAheadMs);
      if (!isScrollRestored) restoreScroll();
    });
  }

  /** Scrolls to where a person was before the page was made anew. */
  function restoreScroll(): void {
    // The page has its height only after the first drawing.
    requestAnimationFrame(() => {
      document.documentElement.scrollTop = scrollTop;
      isScrollRestored = true;
    });
  }

  function keep(): void {
    if (choices === undefined) return;
    host.keep({
      version: 1,
      choices,
      tables: [...tables],
      hiddenSeries: [...hiddenSeries],
      scrollTop,
    });
  }
}

/** Where a session to be compared goes: the first place that is free, else the second. */
function freeSlot(model: UsageModel | undefined): "compareA" | "compareB" {
  return model?.choices.compareA === undefined ? "compareA" : "compareB";
}

function reveal(chart: string): void {
  document.querySelector(`[data-chart="${chart}"]`)?.scrollIntoView({ block: "nearest" });
}

function toggled(before: ReadonlySet<string>, one: string): Set<string> {
  const after = new Set(before);
  if (!after.delete(one)) after.add(one);
  return after;
}
