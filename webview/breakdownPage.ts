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
import { element, setShown, setText } from "./dom.ts";
import { connectHost } from "./host.ts";
import { readTheme, watchTheme } from "./theme.ts";
import { createProgressRing } from "./toolkit.ts";

/** How often ages like «2m ago» are told anew. */
const AGE_INTERVAL_MS = 20_000;

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
  let model: BreakdownModel | undefined;
  let ref: SessionRef | undefined = restored?.ref;
  let theme = readTheme();
  /** Our clock against the host's, which may be another machine's. */
  let clockAheadMs = 0;
  let scrollTop = restored?.scrollTop ?? 0;
  let tableScrollTop = restored?.tableScrollTop ?? 0;
  let isScrollRestored = false;
  let isDrawQueued = false;

  const view = createBreakdownView(
    (message) => {
      host.post(message);
    },
    (choice) => {
      choices = { ...choices, ...choice };
      keep();
      queueDraw();
    },
  );
  const ring = createProgressRing("Waiting for the server");
  const words = element("p", { role: "status" }, "Waiting for the session…");
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
      if (!isScrollRestored) return;
      if (target instanceof Element) ({ scrollTop: tableScrollTop } = target);
      else ({ scrollTop } = document.documentElement);
      keep();
    },
    // A table's own scrolling does not bubble.
    { capture: true, passive: true },
  );
  setInterval(queueDraw, AGE_INTERVAL_MS);
  host.post({ type: "ready" });

  function receive(message: ToBreakdown): void {
    switch (message.type) {
      case "snapshot":
        ({ model } = message);
        ({ ref } = model);
        clockAheadMs = Date.now() - model.nowMs;
        keep();
        queueDraw();
        return;
      case "waiting":
        ({ ref } = message);
        keep();
        setText(words, message.absence.message);
        setShown(ring, !message.absence.isOver);
    }
  }

  /** Draws at most once a frame, however many snapshots and choices come in. */
  function queueDraw(): void {
    if (isDrawQueued || model === undefined) return;
    isDrawQueued = true;
    requestAnimationFrame(() => {
      isDrawQueued = false;
      if (model === undefined) return;
      setShown(waiting, false);
      setShown(view.element, true);
      view.draw(model, choices, theme, Date.now() - clockAheadMs);
      if (!isScrollRestored) restoreScroll();
    });
  }

  /** Scrolls to where a person was before the page was made anew. */
  function restoreScroll(): void {
    // The page has its height only after the first drawing.
    requestAnimationFrame(() => {
      document.documentElement.scrollTop = scrollTop;
      for (const table of document.querySelectorAll(".grid-scroll"))
        table.scrollTop = tableScrollTop;
      isScrollRestored = true;
    });
  }

  function keep(): void {
    if (ref === undefined) return;
    const all: BreakdownChoices = {
      ...choices,
      version: 1,
      ref,
      scrollTop,
      tableScrollTop,
    };
    host.keep(all);
  }
}
