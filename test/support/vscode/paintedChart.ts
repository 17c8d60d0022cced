import type { Frame, FrameLocator } from "playwright-core";

import { poll } from "../opencode/client.ts";
import type { Theme, Workbench } from "./workbench.ts";

/** The minimum number of pixels that any chart with figures covers. */
const FEWEST_PIXELS = 1000;

/** Waits until a condition holds on a page. */
export async function waitUntil(isSo: () => Promise<boolean>, what: string): Promise<void> {
  await poll(what, async () => ((await isSo()) ? true : undefined), { everyMs: 100 });
}

/** Whether a chart exists and its canvas contains more than its background. */
export async function hasPainted(frame: Frame | FrameLocator, chart: string): Promise<boolean> {
  if (!(await frame.locator(`[data-chart=${chart}] canvas`).isVisible())) return false;
  const counts = await pixelsByColour(frame, chart);
  return counts.reduce((sum, [, count]) => sum + count, 0) > FEWEST_PIXELS;
}

/** Switches the theme and waits until page and chart use it: the chart's main colour must be a new one. */
export async function switchThemeAndWait(
  workbench: Workbench,
  frame: Frame | FrameLocator,
  chart: string,
  theme: Extract<Theme, "light" | "highContrastDark">,
): Promise<void> {
  const mostColours = async (): Promise<readonly number[]> =>
    (await pixelsByColour(frame, chart)).slice(0, 4).map(([colour]) => colour);
  await waitUntil(() => hasPainted(frame, chart), "the chart is drawn");
  const before = await mostColours();
  await workbench.useTheme(theme);
  const wanted = theme === "light" ? "vscode-light" : "vscode-high-contrast";
  await frame.locator(`body.${wanted}`).waitFor();
  await waitUntil(async () => {
    const [most] = await mostColours();
    return most !== undefined && !before.includes(most);
  }, "the chart is drawn in other colours");
}

/** The colours in a chart, except fully transparent, with their pixel counts; most frequent first. */
async function pixelsByColour(
  frame: Frame | FrameLocator,
  chart: string,
): Promise<readonly (readonly [colour: number, count: number])[]> {
  return frame.locator(`[data-chart=${chart}] canvas`).evaluate((element) => {
    const drawn = element as HTMLCanvasElement;
    if (drawn.width === 0 || drawn.height === 0) return [];
    // A copy: reading the canvas itself would slow down its drawing.
    const copy = document.createElement("canvas");
    copy.width = drawn.width;
    copy.height = drawn.height;
    const context = copy.getContext("2d", { willReadFrequently: true })!;
    context.drawImage(drawn, 0, 0);
    const counts = new Map<number, number>();
    for (const colour of new Uint32Array(
      context.getImageData(0, 0, copy.width, copy.height).data.buffer,
    )) {
      if (colour !== 0) counts.set(colour, (counts.get(colour) ?? 0) + 1);
    }
    return [...counts].sort(([, a], [, b]) => b - a);
  });
}
