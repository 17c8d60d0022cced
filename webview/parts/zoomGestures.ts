import type { PointRange } from "../../src/viewModels/breakdown/series.ts";
import { clampRange, panRange, scaleRange } from "../../src/viewModels/breakdown/zoom.ts";
import { element } from "../dom.ts";

/** What can be zoomed, as it is drawn now. */
export interface ZoomTarget {
  readonly range: PointRange;
  readonly count: number;
  /** Edges of the drawn range within the element, in pixels. */
  readonly left: number;
  readonly right: number;
}

/** Minimum pointer movement that counts as drawing a frame, in pixels. */
const MIN_DRAG_PX = 6;

/**
 * Zooms by gesture: drag across the messages to see, Ctrl or Cmd with the wheel to zoom around the pointer,
 * Shift with the wheel (or a horizontal wheel) to pan, double-click to see all. A plain wheel scrolls the page.
 */
export function attachZoomGestures(
  surface: HTMLElement,
  target: () => ZoomTarget,
  onRange: (range: PointRange) => void,
): void {
  const band = element("div", { class: "zoom-band", hidden: true });
  surface.append(band);
  const shareAt = (x: number): number => {
    const { left, right } = target();
    return right > left ? Math.min(1, Math.max(0, (x - left) / (right - left))) : 0;
  };
  const offsetX = (event: MouseEvent): number =>
    event.clientX - surface.getBoundingClientRect().left;

  surface.addEventListener(
    "wheel",
    (event) => {
      const { range, count } = target();
      const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        onRange(scaleRange(range, count, event.deltaY < 0 ? 0.8 : 1.25, shareAt(offsetX(event))));
      } else if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
        const step = Math.max(1, Math.round((range.to - range.from) / 12));
        const moved = panRange(range, count, sideways < 0 ? -step : step);
        if (moved.from === range.from) return;
        event.preventDefault();
        onRange(moved);
      }
    },
    { passive: false },
  );

  let startX: number | undefined;
  const draw = (x: number): void => {
    if (startX === undefined) return;
    const { left, right } = target();
    const from = Math.max(left, Math.min(startX, x));
    const to = Math.min(right, Math.max(startX, x));
    band.hidden = Math.abs(x - startX) < MIN_DRAG_PX;
    band.style.left = `${from}px`;
    band.style.width = `${Math.max(0, to - from)}px`;
  };
  surface.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    startX = offsetX(event);
  });
  surface.addEventListener("pointermove", (event) => {
    if (startX === undefined) return;
    // Captured only now, so that the chart still receives clicks without a drag.
    if (!surface.hasPointerCapture(event.pointerId)) surface.setPointerCapture(event.pointerId);
    draw(offsetX(event));
  });
  const finish = (event: PointerEvent, isDone: boolean): void => {
    const from = startX;
    startX = undefined;
    band.hidden = true;
    if (from === undefined || !isDone || Math.abs(offsetX(event) - from) < MIN_DRAG_PX) return;
    const { range, count } = target();
    const length = range.to - range.from;
    const [a = 0, b = 1] = [shareAt(from), shareAt(offsetX(event))].sort((x, y) => x - y);
    onRange(
      clampRange(
        {
          from: range.from + Math.floor(a * length),
          to: range.from + Math.ceil(b * length),
        },
        count,
      ),
    );
  };
  surface.addEventListener("pointerup", (event) => {
    finish(event, true);
  });
  surface.addEventListener("pointercancel", (event) => {
    finish(event, false);
  });
  surface.addEventListener("dblclick", () => {
    onRange({ from: 0, to: target().count });
  });
}

/** The range a key zooms to; undefined if it is not a zoom key. */
export function rangeOfKey(key: string, range: PointRange, count: number): PointRange | undefined {
  switch (key) {
    case "+":
    case "=":
      return scaleRange(range, count, 0.5, 0.5);
    case "-":
      return scaleRange(range, count, 2, 0.5);
    case "0":
      return { from: 0, to: count };
    case "PageUp":
      return panRange(range, count, -(range.to - range.from));
    case "PageDown":
      return panRange(range, count, range.to - range.from);
    default:
      return undefined;
  }
}
