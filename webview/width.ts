import type { FromPage } from "../src/protocol/page.ts";

/** While the side bar is dragged, its width is reported once it has kept it this long. */
const CALM_MS = 150;
const LETTERS = "abcdefghijklmnopqrstuvwxyz";

/** Reports how wide the page and its letters are, now and whenever the page's width changes. */
export function reportWidth(post: (message: FromPage) => void): void {
  const context = document.createElement("canvas").getContext("2d");
  let reportedPx = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const report = (): void => {
    const widthPx = window.innerWidth;
    // A hidden page has no width.
    if (context === null || widthPx === 0 || widthPx === reportedPx) return;
    reportedPx = widthPx;
    ({ font: context.font } = getComputedStyle(document.body));
    post({ type: "width", widthPx, letterPx: context.measureText(LETTERS).width / LETTERS.length });
  };
  window.addEventListener("resize", () => {
    clearTimeout(timer);
    timer = setTimeout(report, CALM_MS);
  });
  report();
}
