import type { CalendarPlot } from "../../src/viewModels/cards/card.ts";
import { onBackground, withAlpha } from "../colour.ts";
import { element, setShown } from "../dom.ts";
import type { Theme } from "../theme.ts";
import { type DrawnChart, MIN_PICTURE_SCALE } from "./drawn.ts";

const LEFT = 34;
const TOP = 20;
const GAP = 3;
const LARGEST_CELL = 24;
/** Minimum distance between the names of two months, in pixels. */
const MONTH_ROOM = 34;

/** The colour of a day by its usage level: 0 for nothing, 1 to 4 for increasing use. */
export function levelColour(level: number, theme: Theme): string {
  const { background, foreground, isHighContrast, kinds } = theme;
  const shares = isHighContrast ? [0.15, 0.4, 0.6, 0.8, 1] : [0.08, 0.3, 0.52, 0.76, 1];
  const colour = level === 0 ? foreground : kinds.output;
  return onBackground(withAlpha(colour, shares[level] ?? 1), background);
}

/** Draws a calendar: one column per week, one cell per day, coloured by how much was used. */
export function createCalendar(
  canvas: HTMLCanvasElement,
  first: CalendarPlot,
  theme: Theme,
): DrawnChart {
  let plot = first;
  let selected: number | undefined;
  let scale = window.devicePixelRatio;
  const hint = element("div", { class: "heat-hint", hidden: true, "aria-hidden": "true" });
  canvas.after(hint);

  const cellSize = (): number => {
    const room = (canvas.parentElement?.clientWidth ?? 0) - LEFT;
    return Math.max(4, Math.min(LARGEST_CELL, room / Math.max(1, plot.weeks) - GAP));
  };
  const placeOf = (index: number): { readonly x: number; readonly y: number } => {
    const step = cellSize() + GAP;
    return { x: LEFT + Math.floor(index / 7) * step, y: TOP + (index % 7) * step };
  };
  const paint = (): void => {
    const cell = cellSize();
    const width = LEFT + plot.weeks * (cell + GAP);
    const height = TOP + 7 * (cell + GAP);
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    if (canvas.parentElement !== null) canvas.parentElement.style.height = `${height}px`;
    const context = canvas.getContext("2d");
    if (context === null) return;
    context.scale(scale, scale);
    context.font = `${theme.fontSizePx - 2}px ${theme.fontFamily}`;
    context.textBaseline = "middle";
    context.fillStyle = theme.muted;
    for (const row of [0, 2, 4]) {
      context.fillText(plot.weekdays[row] ?? "", 0, TOP + row * (cell + GAP) + cell / 2);
    }
    let lastX = -Infinity;
    for (const [index, { month, level }] of plot.days.entries()) {
      const { x, y } = placeOf(index);
      if (month !== undefined && x - lastX > MONTH_ROOM) {
        context.fillStyle = theme.muted;
        context.fillText(month, x, TOP / 2);
        lastX = x;
      }
      context.fillStyle = levelColour(level, theme);
      context.beginPath();
      context.roundRect(x, y, cell, cell, Math.min(3, cell / 4));
      context.fill();
      if (theme.isHighContrast && level > 0) {
        context.strokeStyle = theme.foreground;
        context.lineWidth = 1;
        context.stroke();
      }
    }
    if (selected === undefined || plot.days[selected] === undefined) return;
    const { x, y } = placeOf(selected);
    context.strokeStyle = theme.foreground;
    context.lineWidth = 2;
    context.strokeRect(x - 1, y - 1, cell + 2, cell + 2);
  };
  const dayAt = ({ offsetX, offsetY }: MouseEvent): number | undefined => {
    const step = cellSize() + GAP;
    const week = Math.floor((offsetX - LEFT) / step);
    const weekday = Math.floor((offsetY - TOP) / step);
    if (week < 0 || weekday < 0 || weekday > 6) return undefined;
    const index = week * 7 + weekday;
    return plot.days[index] === undefined ? undefined : index;
  };
  const showHint = (index: number | undefined): void => {
    const day = index === undefined ? undefined : plot.days[index];
    setShown(hint, day !== undefined);
    if (day === undefined || index === undefined) return;
    hint.textContent = day.title;
    const { x, y } = placeOf(index);
    hint.style.left = `${Math.max(0, Math.min(x, canvas.clientWidth - hint.offsetWidth))}px`;
    hint.style.top = `${y + cellSize() + 6}px`;
  };
  const listening = new AbortController();
  const { signal } = listening;
  canvas.addEventListener(
    "mousemove",
    (event) => {
      showHint(dayAt(event));
    },
    { signal },
  );
  canvas.addEventListener(
    "mouseleave",
    () => {
      showHint(undefined);
    },
    { signal },
  );
  const watcher = new ResizeObserver(paint);
  if (canvas.parentElement !== null) watcher.observe(canvas.parentElement);
  return {
    draw: (next) => {
      if (next.kind !== "calendar") return;
      plot = next;
      paint();
    },
    count: () => plot.days.length,
    select: (index) => {
      selected = index;
      paint();
      showHint(index);
      return index === undefined ? "" : (plot.days[index]?.title ?? "");
    },
    partAt: dayAt,
    askOf: (index) => plot.days[index]?.ask,
    area: () => ({ left: LEFT, right: canvas.clientWidth }),
    atPictureScale: (take) => {
      scale = Math.max(MIN_PICTURE_SCALE, window.devicePixelRatio);
      paint();
      try {
        return take();
      } finally {
        scale = window.devicePixelRatio;
        paint();
      }
    },
    destroy: () => {
      watcher.disconnect();
      listening.abort();
      hint.remove();
    },
  };
}
