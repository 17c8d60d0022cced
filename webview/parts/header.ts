import { t } from "../../src/core/language.ts";
import type { CardRequest } from "../../src/viewModels/cards/card.ts";
import type { PageHead } from "../../src/viewModels/cards/page.ts";
import { element, setAttribute, setShown, setText } from "../dom.ts";
import { createBadge, createProgressRing } from "../toolkit.ts";
import { createControls } from "./controls.ts";

export interface HeaderView {
  readonly element: HTMLElement;
  draw(head: PageHead): void;
}

/** A page's title, current activity, facts and actions. */
export function createHeader(ask: (request: CardRequest) => void): HeaderView {
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
        element("div", { class: "title-line" }, title, ring, badge.element),
        facts,
      ),
      controls.element,
    ),
    draw: (head) => {
      setText(title, head.title);
      setAttribute(title, "title", head.title);
      setShown(ring, head.isBusy === true);
      setShown(badge.element, head.badge !== undefined);
      badge.setText(head.badge ?? "");
      setAttribute(badge.element, "title", head.badgeHint);
      controls.draw(head.controls);
      const wanted = JSON.stringify(head.facts);
      if (wanted === drawnFacts) return;
      drawnFacts = wanted;
      facts.replaceChildren(
        ...head.facts.map(({ text, hint, ask: asked }) => {
          if (asked === undefined) {
            return element("span", { class: "fact" }, element("span", { title: hint }, text));
          }
          const link = element("button", { type: "button", class: "link", title: hint }, text);
          link.addEventListener("click", () => {
            ask(asked);
          });
          return element("span", { class: "fact" }, link);
        }),
      );
    },
  };
}
