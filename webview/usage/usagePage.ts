/**
 * The pages of usage in a webview, the panel in an editor and the view in the side bar: take snapshots from the
 * extension host, draw them, and send back what a person chose and what only the host may do. What was chosen is
 * kept by VS Code, so that hiding or reloading changes nothing one sees.
 */
import { type FromUsage, isToUsage, isUsageKept, type ToUsage } from "../../src/protocol/usage.ts";
import type { UsageModel } from "../../src/viewModels/usage.ts";
import type { UsageChange, UsageChoices, UsageDrill } from "../../src/viewModels/usageChoices.ts";
import { connectHost } from "../host.ts";
import { startPage } from "../page.ts";
import type { UsageActions } from "./usageActions.ts";
import { createUsagePanelView } from "./usagePanelView.ts";
import { createUsageSideView } from "./usageSideView.ts";

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
      change({ kind: "session", slot: slot === "compare" ? freeSlot(choices) : slot, sessionID });
      reveal(slot === "compare" ? "comparison" : "composition");
    },
    onToggleTable: (id) => {
      tables = toggled(tables, id);
      keep();
      page.redraw();
    },
    onToggleSeries: (key) => {
      hiddenSeries = toggled(hiddenSeries, key);
      keep();
      page.redraw();
    },
  };
  const view =
    kind === "panel" ? createUsagePanelView(actions, change) : createUsageSideView(actions, change);
  const page = startPage<UsageModel>({
    view: view.element,
    opening: { label: "Opening the ledger", text: "Opening the usage ledger…" },
    scrollTop: restored?.scrollTop ?? 0,
    draw: (model, theme, nowMs) => {
      view.draw({ model, theme, hiddenSeries }, tables, nowMs);
    },
    onScroll: (part) => {
      if (part === undefined) keep();
    },
  });
  host.post({ type: "ready", choices });

  function receive(message: ToUsage): void {
    if (message.type === "waiting") {
      page.wait(message.message, message.isOver);
      return;
    }
    ({ choices } = message.model);
    keep();
    page.show(message.model);
  }

  function keep(): void {
    if (choices === undefined) return;
    host.keep({
      version: 1,
      choices,
      tables: [...tables],
      hiddenSeries: [...hiddenSeries],
      scrollTop: page.scrollTop,
    });
  }
}

/** Where a session to be compared goes: the first place that is free, else the second. */
function freeSlot(choices: UsageChoices | undefined): "compareA" | "compareB" {
  return choices?.compareA === undefined ? "compareA" : "compareB";
}

function reveal(chart: string): void {
  document.querySelector(`[data-chart="${chart}"]`)?.scrollIntoView({ block: "nearest" });
}

function toggled(before: ReadonlySet<string>, one: string): Set<string> {
  const after = new Set(before);
  if (!after.delete(one)) after.add(one);
  return after;
}
