import { formatCount } from "../../src/viewModels/format.ts";
import type { HeatDay } from "../../src/viewModels/usageHeat.ts";
import { amountOf } from "../../src/viewModels/usageTrend.ts";
import { MIN_PICTURE_SCALE } from "../charts/picture.ts";
import { onBackground, withAlpha } from "../colour.ts";
import { element, setShown } from "../dom.ts";
import { usageText } from "./measures.ts";
import type { DrawnUsageChart, UsageChartDefinition, UsageFrame } from "./usageChart.ts";

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const LEFT = 34;
const TOP = 20;
const GAP = 3;
const LARGEST_CELL = 24;

/** A calendar: a week a column, a day a cell, coloured by how much was used. */
export const heatChart: UsageChartDefinition = {
  id: "calendar",
  title: "Calendar",
  columns: 6,
  text: (frame) => {
    const used = frame.model.heat.days.filter(({ level }) => level > 0);
    const amount = amountOf(frame.model.choices.measure);
    const [largest] = [...used].sort((a, b) => amount(b.usage) - amount(a.usage));
    return {
      subtitle: `${frame.model.choices.measure === "tokens" ? "Tokens" : "Cost"} by day, last 53 weeks`,
      label: `Calendar of the last 53 weeks: ${formatCount(used.length)} days with usage${largest === undefined ? "" : `, most on ${largest.title}: ${usageText(largest.usage, frame.model.currency)}`}.`,
      empty: used.length === 0 ? "Nothing was used in the last 53 weeks" : undefined,
    };
  },
  legend: ({ theme }) =>
    [0, 1, 2, 3, 4].map((level) => ({
      label: ["Nothing", "Lowest quarter of the days", "Second", "Third", "Highest"][level] ?? "",
      colour: levelColour(level, theme),
      mark: "box",
    })),
  create: createCalendar,
};

function levelColour(level: number, theme: UsageFrame["theme"]): string {
  if (level === 0) {
    return onBackground(
      withAlpha(theme.foreground, theme.isHighContrast ? 0.15 : 0.08),
      theme.background,
    );
  }
  const shares = theme.isHighContrast ? [0.4, 0.6, 0.8, 1] : [0.3, 0.52, 0.76, 1];
  return onBackground(withAlpha(theme.kinds.output, shares[level - 1] ?? 1), theme.background);
}

function createCalendar(canvas: HTMLCanvasElement, first: UsageFrame): DrawnUsageChart {
  let frame = first;
  let selected: number | undefined;
  let scale = window.devicePixelRatio;
  const hint = element("div", { class: "heat-hint", hidden: true, "aria-hidden": "true" });
  canvas.after(hint);

  const cellSize = (): number => {
    const { weeks } = frame.model.heat;
    const room = (canvas.parentElement?.clientWidth ?? 0) - LEFT;
    return Math.max(4, Math.min(LARGEST_CELL, room / Math.max(1, weeks) - GAP));
  };
  const placeOf = ({ week, weekday }: HeatDay): { readonly x: number; readonly y: number } => {
    const step = cellSize() + GAP;
    return { x: LEFT + week * step, y: TOP + weekday * step };
  };
  const paint = (): void => {
    const { heat } = frame.model;
    const { theme } = frame;
    const cell = cellSize();
    const width = LEFT + heat.weeks * (cell + GAP);
    const height = TOP + 7 * (cell + GAP);
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const surface = canvas.parentElement;
    if (surface !== null) surface.style.height = `${height}px`;
    const context = canvas.getContext("2d");
    if (context === null) return;
    context.scale(scale, scale);
    context.font = `${theme.fontSizePx - 2}px ${theme.fontFamily}`;
    context.textBaseline = "middle";
    context.fillStyle = theme.muted;
    for (const row of [0, 2, 4]) {
      const name = WEEKDAYS[(heat.weekStart + row) % 7] ?? "";
      context.fillText(name, 0, TOP + row * (cell + GAP) + cell / 2);
    }
    let lastX = -Infinity;
    for (const day of heat.days) {
      const { x, y } = placeOf(day);
      if (day.name.endsWith("-01") && x - lastX > 34) {
        context.fillStyle = theme.muted;
        context.fillText(MONTHS[Number(day.name.slice(5, 7)) - 1] ?? "", x, TOP / 2);
        lastX = x;
      }
      context.fillStyle = levelColour(day.level, theme);
      context.beginPath();
      context.roundRect(x, y, cell, cell, Math.min(3, cell / 4));
      context.fill();
      if (theme.isHighContrast && day.level > 0) {
        context.strokeStyle = theme.foreground;
        context.lineWidth = 1;
        context.stroke();
      }
    }
    const day = selected === undefined ? undefined : heat.days[selected];
    if (day === undefined) return;
    const { x, y } = placeOf(day);
    context.strokeStyle = theme.foreground;
    context.lineWidth = 2;
    context.strokeRect(x - 1, y - 1, cell + 2, cell + 2);
  };
  const sayDay = (index: number | undefined): string => {
    const day = index === undefined ? undefined : frame.model.heat.days[index];
    return day === undefined
      ? ""
      : `${day.title}: ${usageText(day.usage, frame.model.currency)}, ${formatCount(day.messages)} answers`;
  };
  const dayAt = ({ offsetX, offsetY }: MouseEvent): number | undefined => {
    const step = cellSize() + GAP;
    const week = Math.floor((offsetX - LEFT) / step);
    const weekday = Math.floor((offsetY - TOP) / step);
    if (week < 0 || weekday < 0 || weekday > 6) return undefined;
    const index = week * 7 + weekday;
    return frame.model.heat.days[index] === undefined ? undefined : index;
  };
  const showHint = (index: number | undefined): void => {
    const day = index === undefined ? undefined : frame.model.heat.days[index];
    setShown(hint, day !== undefined);
    if (day === undefined) return;
    hint.textContent = sayDay(index);
    const { x, y } = placeOf(day);
    hint.style.left = `${Math.max(0, Math.min(x, canvas.clientWidth - hint.offsetWidth))}px`;
    hint.style.top = `${y + cellSize() + 6}px`;
  };
  const onMove = (event: MouseEvent): void => {
    showHint(dayAt(event));
  };
  const onLeave = (): void => {
    showHint(undefined);
  };
  canvas.addEventListener("mousemove", onMove);
  canvas.addEventListener("mouseleave", onLeave);
  const watcher = new ResizeObserver(paint);
  if (canvas.parentElement !== null) watcher.observe(canvas.parentElement);
  return {
    draw: (next) => {
      frame = next;
      paint();
    },
    count: () => frame.model.heat.days.length,
    select: (index) => {
      selected = index;
      paint();
      showHint(index);
      return sayDay(index);
    },
    partAt: dayAt,
    drill: (index) => frame.model.heat.days[index]?.drill,
    sharply: (take) => {
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
      canvas.removeEventListener("mousemove", onMove);
      canvas.removeEventListener("mouseleave", onLeave);
      hint.remove();
    },
  };
}
