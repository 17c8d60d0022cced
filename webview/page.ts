import type { PagePart } from "../src/protocol/page.ts";
import { element, setShown, setText } from "./dom.ts";
import { readTheme, type Theme, watchTheme } from "./theme.ts";
import { createProgressRing } from "./toolkit.ts";

/** How often ages like “2m ago” are redrawn. */
const AGE_INTERVAL_MS = 20_000;

export interface PageOptions<Model> {
  readonly view: HTMLElement;
  /** Shown until there is a model: a short label and a sentence describing what is loading. */
  readonly opening: { readonly label: string; readonly text: string };
  /** The scroll position before the page was reloaded; undefined if the view restores it. */
  readonly scrollTop: number | undefined;
  /** `nowMs` is the host's time, possibly on another machine. */
  readonly draw: (model: Model, theme: Theme, nowMs: number) => void;
  /** The user scrolled the page (undefined) or a part of it. */
  readonly onScroll: (part: Element | undefined) => void;
  /** A model could not be drawn; the previous one stays. */
  readonly onProblem: (during: PagePart, error: unknown) => void;
  /** The first drawing is laid out: scroll positions can be restored. */
  readonly onRestore?: () => void;
}

/** The frame of a page's view: loading state, drawing, ages, theme and scroll position. */
export interface Page<Model> {
  /** The page's own scroll position, in pixels. */
  readonly scrollTop: number;
  show(model: Model): void;
  wait(message: string, isOver: boolean): void;
  /** Redraws the last model, at most once per frame. */
  redraw(): void;
}

/** Puts a view on the page, hidden until there is a model to draw. Call once per page. */
export function startPage<Model extends { readonly nowMs: number }>(
  options: PageOptions<Model>,
): Page<Model> {
  let model: Model | undefined;
  /** The last model that could be drawn. */
  let drawn: Model | undefined;
  let theme = readTheme();
  let clockAheadMs = 0;
  let scrollTop = options.scrollTop ?? 0;
  let isScrollRestored = false;
  let isDrawQueued = false;

  const ring = createProgressRing(options.opening.label);
  const words = element("p", { role: "status" }, options.opening.text);
  const waiting = element("div", { class: "waiting" }, ring, words);
  setShown(options.view, false);
  document.body.append(waiting, options.view);

  watchTheme((next) => {
    theme = next;
    redraw();
  });
  window.addEventListener("resize", redraw);
  document.addEventListener(
    "scroll",
    ({ target }) => {
      if (!isScrollRestored) return;
      if (target instanceof Element) options.onScroll(target);
      else {
        ({ scrollTop } = document.documentElement);
        options.onScroll(undefined);
      }
    },
    // Scroll events of nested elements do not bubble.
    { capture: true, passive: true },
  );
  setInterval(redraw, AGE_INTERVAL_MS);

  function redraw(): void {
    if (isDrawQueued || model === undefined) return;
    isDrawQueued = true;
    requestAnimationFrame(() => {
      isDrawQueued = false;
      if (model === undefined) return;
      setShown(waiting, false);
      setShown(options.view, true);
      try {
        options.draw(model, theme, Date.now() - clockAheadMs);
        drawn = model;
      } catch (error) {
        model = drawn;
        options.onProblem("drawing", error);
      }
      if (!isScrollRestored) restoreScroll();
    });
  }

  function restoreScroll(): void {
    // The page is laid out only after the first drawing.
    requestAnimationFrame(() => {
      if (options.scrollTop !== undefined) document.documentElement.scrollTop = scrollTop;
      options.onRestore?.();
      isScrollRestored = true;
    });
  }

  return {
    get scrollTop() {
      return scrollTop;
    },
    show(next) {
      model = next;
      if (Number.isFinite(next.nowMs)) clockAheadMs = Date.now() - next.nowMs;
      redraw();
    },
    wait(message, isOver) {
      setText(words, message);
      setShown(ring, !isOver);
    },
    redraw,
  };
}
