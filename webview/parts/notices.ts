import { t } from "../../src/core/language.ts";
import type { CardRequest } from "../../src/viewModels/cards/card.ts";
import type { Notice } from "../../src/viewModels/cards/page.ts";
import { drawEach, element, setAttribute, setShown, setText, type View } from "../dom.ts";
import { createProgressRing } from "../toolkit.ts";
import { createControls } from "./controls.ts";

/** What the user must know to read the figures correctly. A notice keeps its element while its words change. */
export function createNotices(ask: (request: CardRequest) => void): View<readonly Notice[]> {
  const holder = element("div", { class: "notices", role: "status" });
  const views = new Map<string, View<Notice>>();
  return {
    element: holder,
    draw: (notices) => {
      drawEach(
        holder,
        views,
        notices,
        ({ key }) => key,
        ({ key }) => createNotice(key, ask),
      );
    },
  };
}

function createNotice(key: string, ask: (request: CardRequest) => void): View<Notice> {
  const ring = createProgressRing(t("Loading"));
  const words = element("span", {});
  const bar = element("div", { class: "meter-fill" });
  const meter = element(
    "div",
    { class: "meter", role: "progressbar", "aria-label": t("Progress") },
    bar,
  );
  const controls = createControls(ask);
  const notice = element(
    "div",
    { hidden: true, "data-notice": key },
    ring,
    words,
    meter,
    controls.element,
  );
  let wait: ReturnType<typeof setTimeout> | undefined;
  return {
    element: notice,
    draw: ({ level, text, hint, isBusy, progress, action, delayMs = 0 }) => {
      setAttribute(notice, "class", `notice ${level}`);
      setText(words, text);
      setAttribute(words, "title", hint);
      setShown(ring, isBusy === true);
      setShown(meter, progress !== undefined);
      // The meter is there for whoever wants it; announcing each step would be too chatty.
      setAttribute(notice, "aria-live", progress === undefined ? undefined : "off");
      setAttribute(
        meter,
        "aria-valuenow",
        progress === null ? undefined : Math.round(progress ?? 0),
      );
      bar.style.width = `${progress ?? 0}%`;
      controls.draw(action === undefined ? [] : [action]);
      if (delayMs === 0) setShown(notice, true);
      else {
        wait ??= setTimeout(() => {
          setShown(notice, true);
        }, delayMs);
      }
    },
  };
}
