import { t } from "../../src/core/language.ts";
import type { CardRequest } from "../../src/viewModels/cards/card.ts";
import type { PageHead } from "../../src/viewModels/cards/page.ts";
import { element, plainButton, setAttribute, setShown, setText, type View } from "../dom.ts";
import { createBadge, createProgressRing } from "../toolkit.ts";
import { createControls } from "./controls.ts";

/** A page's title, current activity, facts and actions. */
export function createHeader(ask: (request: CardRequest) => void): View<PageHead> {
  const title = element("h1", {});
  const badge = createBadge();
  const ring = createProgressRing(t("The session is running"));
  const facts = element("div", { class: "facts" });
  const controls = createControls(ask);
  controls.element.classList.add("actions");
  let drawnFacts = "";
  return {
    element: element(
      "header",
      { class: "page-header" },
      element(
        "div",
        { class: "page-title" },
        element("div", { class: "title-line" }, title, ring, badge),
        facts,
      ),
      controls.element,
    ),
    draw: (head) => {
      setText(title, head.title);
      setAttribute(title, "title", head.title);
      setShown(ring, head.isBusy === true);
      setShown(badge, head.badge !== undefined);
      setText(badge, head.badge ?? "");
      setAttribute(badge, "title", head.badgeHint);
      controls.draw(head.controls);
      const wanted = JSON.stringify(head.facts);
      if (wanted === drawnFacts) return;
      drawnFacts = wanted;
      facts.replaceChildren(
        ...head.facts.map(({ text, hint, ask: asked }) => {
          const follow = (): void => {
            if (asked !== undefined) ask(asked);
          };
          const fact =
            asked === undefined
              ? element("span", { title: hint }, text)
              : plainButton({ class: "link", title: hint }, follow, text);
          return element("span", { class: "fact" }, fact);
        }),
      );
    },
  };
}
