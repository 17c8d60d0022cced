import type { Frame, FrameLocator } from "playwright-core";

/** Pixels that a chart of any figures covers at least. */
const FEWEST_PIXELS = 1000;

/** The colours that a chart holds most of, most first. */
export async function coloursOf(
  frame: Frame | FrameLocator,
  chart: string,
): Promise<readonly number[]> {
  return frame.locator(`[data-chart=${chart}] canvas`).evaluate((element) => {
    const drawn = element as HTMLCanvasElement;
    // A copy: reading the canvas itself would slow its drawing.
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
    const most = [...counts].sort(([, a], [, b]) => b - a).slice(0, 4);
    return most.map(([colour]) => colour);
  });
}

/** Whether a chart is there and its canvas holds more than its background. */
export async function hasPainted(frame: Frame | FrameLocator, chart: string): Promise<boolean> {
  const canvas = frame.locator(`[data-chart=${chart}] canvas`);
  if (!(await canvas.isVisible())) return false;
  return canvas.evaluate((element, fewest) => {
    const drawn = element as HTMLCanvasElement;
    if (drawn.width === 0 || drawn.height === 0) return false;
    const copy = document.createElement("canvas");
    copy.width = drawn.width;
    copy.height = drawn.height;
    const context = copy.getContext("2d", { willReadFrequently: true })!;
    context.drawImage(drawn, 0, 0);
    const { data } = context.getImageData(0, 0, copy.width, copy.height);
    let painted = 0;
    for (let at = 3; at < data.length; at += 4) if (data[at] !== 0) painted += 1;
    return painted > fewest;
  }, FEWEST_PIXELS);
}
