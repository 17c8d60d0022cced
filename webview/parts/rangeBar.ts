import { t } from "../../src/core/language.ts";
import { totalTokens } from "../../src/core/usage/usage.ts";
import { formatCount, formatTokens } from "../../src/viewModels/text/format.ts";
import { formatCost } from "../../src/viewModels/text/money.ts";
import { bucketsOf, type PointRange, sumOfPoints } from "../../src/viewModels/breakdown/series.ts";
import { clampRange, MIN_ZOOMED_POINTS, panRange } from "../../src/viewModels/breakdown/zoom.ts";
import type { BreakdownExcerpt } from "../../src/viewModels/breakdown/breakdownCards.ts";
import type { Theme } from "../theme.ts";
import { element, setAttribute, setShown, setText } from "../dom.ts";
import { createButton } from "../toolkit.ts";
import { rangeOfKey } from "./zoomGestures.ts";

export interface RangeBar {
  readonly element: HTMLElement;
  draw(sight: BreakdownExcerpt, theme: Theme): void;
}

/** Number of bars in the small overview behind the window. */
const OVERVIEW_BARS = 160;

/**
 * Shows which part of the session is selected: its sums in words, and a small overview with a window that can
 * be moved and resized by pointer and keyboard.
 */
export function createRangeBar(onRange: (range: PointRange) => void): RangeBar {
  const words = element("span", { class: "range-words" });
  const spoken = element("span", { class: "visually-hidden", role: "status" });
  const keyButton = (label: string, hint: string, key: string) =>
    createButton({
      ...{ label, hint, appearance: "icon" },
      onClick: () => {
        askKey(key);
      },
    });
  const zoomIn = keyButton(t("Zoom In"), t("Zoom in (or drag over a chart)"), "+");
  const zoomOut = keyButton(t("Zoom Out"), t("Zoom out"), "-");
  const reset = keyButton(t("Show All"), t("Show all messages (or double-click a chart)"), "0");
  const overview = element("canvas", { class: "overview", "aria-hidden": "true" });
  const shown = element("div", { class: "range-window" });
  const start = element("div", handleAttributes(t("First message shown")));
  const end = element("div", handleAttributes(t("Last message shown")));
  shown.append(start, end);
  const track = element("div", { class: "range-track" }, overview, shown);
  const bar = element(
    "div",
    { class: "range-bar" },
    element(
      "div",
      { class: "range-line" },
      words,
      spoken,
      element("span", { class: "spacer" }),
      zoomIn.element,
      zoomOut.element,
      reset.element,
    ),
    track,
  );

  let sight: BreakdownExcerpt | undefined;
  let wasAll = true;
  const count = (): number => sight?.model.points.length ?? 0;
  const askKey = (key: string): void => {
    if (sight === undefined) return;
    const range = rangeOfKey(key, sight.range, count());
    if (range !== undefined) onRange(range);
  };
  const moveEdge = (edge: "from" | "to", by: number): void => {
    if (sight === undefined) return;
    const { from, to } = sight.range;
    const last = count() - MIN_ZOOMED_POINTS;
    onRange(
      edge === "from"
        ? { from: Math.max(0, Math.min(from + by, to - MIN_ZOOMED_POINTS, last)), to }
        : { from, to: Math.min(count(), Math.max(to + by, from + MIN_ZOOMED_POINTS)) },
    );
  };
  for (const [handle, edge] of [
    [start, "from"],
    [end, "to"],
  ] as const) {
    handle.addEventListener("keydown", (event) => {
      const step = event.shiftKey ? 10 : 1;
      const by = { ArrowLeft: -step, ArrowRight: step, Home: -count(), End: count() }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      moveEdge(edge, by);
    });
  }

  let drag:
    | { readonly part: "from" | "to" | "all"; readonly x: number; readonly range: PointRange }
    | undefined;
  track.addEventListener("pointerdown", (event) => {
    if (sight === undefined || event.button !== 0) return;
    const part = event.target === start ? "from" : event.target === end ? "to" : "all";
    const box = track.getBoundingClientRect();
    let { range } = sight;
    if (event.target !== start && event.target !== end && event.target !== shown) {
      const length = range.to - range.from;
      const middle = ((event.clientX - box.left) / box.width) * count();
      range = clampRange({ from: middle - length / 2, to: middle + length / 2 }, count());
      onRange(range);
    }
    drag = { part, x: event.clientX, range };
    track.setPointerCapture(event.pointerId);
  });
  track.addEventListener("pointermove", (event) => {
    if (drag === undefined) return;
    const by = Math.round(((event.clientX - drag.x) / track.clientWidth) * count());
    const { from, to } = drag.range;
    if (drag.part === "all") onRange(panRange(drag.range, count(), by));
    else if (drag.part === "from") {
      onRange({ from: Math.min(Math.max(0, from + by), to - MIN_ZOOMED_POINTS), to });
    } else onRange({ from, to: Math.max(Math.min(count(), to + by), from + MIN_ZOOMED_POINTS) });
  });
  for (const name of ["pointerup", "pointercancel"] as const) {
    track.addEventListener(name, () => {
      drag = undefined;
    });
  }

  return {
    element: bar,
    draw: (next, theme) => {
      const before = sight?.range;
      sight = next;
      const { points } = next.model;
      const { from, to } = next.range;
      const isAll = from === 0 && to === points.length;
      const sum = sumOfPoints(points, next.range);
      const which = isAll
        ? t`All ${formatCount(points.length)} messages`
        : t`Messages ${formatCount(from + 1)}–${formatCount(to)} of ${formatCount(points.length)}`;
      const mark = points.slice(from, to).some((point) => point.isLive) ? "~" : "";
      const tokens = `${mark}${formatTokens(totalTokens(sum.tokens))}`;
      setText(words, `${which} · ${tokens} · ${formatCost(sum)}`);
      // Announced when the range changes, not when new figures come in.
      const isOther = before !== undefined && (before.from !== from || before.to !== to);
      if (isOther && !(isAll && wasAll)) setText(spoken, words.textContent);
      wasAll = isAll;
      setShown(bar, points.length > 0);
      const canZoom = points.length > MIN_ZOOMED_POINTS;
      setShown(track, canZoom);
      for (const button of [zoomIn, zoomOut, reset]) setShown(button.element, canZoom);
      zoomIn.setRefusal(
        to - from <= MIN_ZOOMED_POINTS ? t("Cannot zoom in any further") : undefined,
      );
      zoomOut.setRefusal(isAll ? t("All messages are shown") : undefined);
      reset.setRefusal(isAll ? t("All messages are shown") : undefined);
      const share = (at: number): string => `${(at / Math.max(1, points.length)) * 100}%`;
      shown.style.left = share(from);
      shown.style.width = share(to - from);
      shown.classList.toggle("is-all", isAll);
      for (const [handle, at] of [
        [start, from + 1],
        [end, to],
      ] as const) {
        setAttribute(handle, "aria-valuenow", at);
        setAttribute(handle, "aria-valuemin", 1);
        setAttribute(handle, "aria-valuemax", Math.max(1, points.length));
      }
      if (canZoom) drawOverview(overview, next, theme);
    },
  };
}

function handleAttributes(label: string): Record<string, string | number> {
  return { class: "range-handle", role: "slider", tabindex: 0, "aria-label": label };
}

function drawOverview(canvas: HTMLCanvasElement, { model }: BreakdownExcerpt, theme: Theme): void {
  const scale = window.devicePixelRatio || 1;
  const width = Math.round(canvas.clientWidth * scale);
  const height = Math.round(canvas.clientHeight * scale);
  if (width === 0 || height === 0) return;
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext("2d");
  if (context === null) return;
  context.clearRect(0, 0, width, height);
  context.fillStyle = theme.muted;
  const count = model.points.length;
  const bars = bucketsOf(model.points, { from: 0, to: count }, OVERVIEW_BARS);
  const figures = bars.map((bar) => totalTokens(bar.usage.tokens) / (bar.last - bar.first + 1));
  const most = Math.max(1, ...figures);
  for (const [index, bar] of bars.entries()) {
    const x = (bar.first / count) * width;
    const to = ((bar.last + 1) / count) * width;
    const tall = ((figures[index] ?? 0) / most) * height;
    context.fillRect(x, height - tall, Math.max(1, to - x - 1), tall);
  }
}
