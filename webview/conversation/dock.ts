import { element, setShown } from "../dom.ts";

/** Sticks to the bottom of the window while the conversation scrolls above it. */
export interface Dock {
  readonly element: HTMLElement;
  setShown(isShown: boolean): void;
}

/** Within this many pixels of the end counts as being at the end. */
const END_PX = 60;

/**
 * Creates a dock. The page reserves room for it below its content, and the root exposes its height as
 * `--dock-height`, so that it covers nothing.
 */
export function createDock(...children: readonly HTMLElement[]): Dock {
  const inner = element("div", { class: "dock-inner" }, ...children);
  const dock = element("footer", { class: "dock" }, inner);
  const page = document.documentElement;
  setShown(dock, false);
  new ResizeObserver(() => {
    const isAtEnd = page.scrollTop + window.innerHeight >= page.scrollHeight - END_PX;
    const height = `${dock.offsetHeight}px`;
    page.style.setProperty("--dock-height", height);
    document.body.style.paddingBottom = height;
    if (isAtEnd && !dock.hidden) page.scrollTop = page.scrollHeight;
  }).observe(dock);
  return {
    element: dock,
    setShown: (isShown) => {
      setShown(dock, isShown);
    },
  };
}
