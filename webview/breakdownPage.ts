/**
 * The token breakdown in the webview: takes snapshots from the extension host, draws them, and sends
 * back what only the host may do. What a person chose is kept by VS Code, so that hiding or reloading
 * the panel changes nothing they see.
 */
import {
  type BreakdownChoices,
  type FromBreakdown,
  isBreakdownChoices,
  isToBreakdown,
  type ToBreakdown,
} from "../src/protocol/breakdown.ts";
import type { SessionRef } from "../src/core/session.ts";
import type { BreakdownModel } from "../src/viewModels/breakdown.ts";
import { createBreakdownView, type ViewChoices } from "./breakdownView.ts";
import { connectHost } from "./host.ts";
import { startPage } from "./page.ts";

/** Starts the page of a token breakdown. To be called once a page. */
export function startBreakdown(): void {
  const host = connectHost<ToBreakdown, FromBreakdown>(isToBreakdown, receive, (message) => ({
    type: "problem",
    message,
  }));

  const kept = host.kept();
  const restored: BreakdownChoices | undefined = isBreakdownChoices(kept) ? kept : undefined;
  let choices: ViewChoices = restored ?? {
    tab: "charts",
    zoom: undefined,
    hiddenKinds: [],
    scope: "own",
    order: "newest",
    page: 0,
  };
  let ref: SessionRef | undefined = restored?.ref;
  let tableScrollTop = restored?.tableScrollTop ?? 0;

  const view = createBreakdownView(
    (message) => {
      host.post(message);
    },
    (choice) => {
      choices = { ...choices, ...choice };
      keep();
      page.redraw();
    },
  );
  const page = startPage<BreakdownModel>({
    view: view.element,
    opening: { label: "Waiting for the server", text: "Waiting for the session…" },
    scrollTop: restored?.scrollTop ?? 0,
    draw: (model, theme, nowMs) => {
      view.draw(model, choices, theme, nowMs);
    },
    onScroll: (part) => {
      if (part !== undefined) ({ scrollTop: tableScrollTop } = part);
      keep();
    },
    onRestore: () => {
      for (const table of document.querySelectorAll(".grid-scroll"))
        table.scrollTop = tableScrollTop;
    },
  });
  host.post({ type: "ready" });

  function receive(message: ToBreakdown): void {
    switch (message.type) {
      case "snapshot":
        ({ ref } = message.model);
        keep();
        page.show(message.model);
        return;
      case "waiting":
        ({ ref } = message);
        keep();
        page.wait(message.absence.message, message.absence.isOver);
    }
  }

  function keep(): void {
    if (ref === undefined) return;
    const all: BreakdownChoices = {
      ...choices,
      version: 1,
      ref,
      scrollTop: page.scrollTop,
      tableScrollTop,
    };
    host.keep(all);
  }
}
