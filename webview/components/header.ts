import type { BreakdownModel } from "../../src/viewModels/breakdown.ts";
import { formatRelativeTime } from "../../src/viewModels/format.ts";
import { element, setAttribute, setShown, setText } from "../dom.ts";
import { createBadge, createButton, createProgressRing } from "../toolkit.ts";

/** What can be done from the head of the page. */
export interface HeaderActions {
  readonly onCompact: () => void;
  readonly onOpenParent: () => void;
}

export interface Header {
  readonly element: HTMLElement;
  draw(model: BreakdownModel, nowMs: number): void;
}

/** The session's title, what it is doing, where it lives, and what can be done with it. */
export function createHeader(actions: HeaderActions): Header {
  const title = element("h1", {});
  const badge = createBadge();
  const ring = createProgressRing("The session is at work");
  const facts = element("p", { class: "facts" });
  const parent = createButton({ label: "Open Parent", onClick: actions.onOpenParent });
  const compact = createButton({
    label: "Compact…",
    appearance: "primary",
    onClick: actions.onCompact,
  });
  const header = element(
    "header",
    { class: "page-header" },
    element(
      "div",
      { class: "page-title" },
      element("div", { class: "title-line" }, title, ring, badge.element),
      facts,
    ),
    element("div", { class: "actions" }, parent.element, compact.element),
  );
  return {
    element: header,
    draw: (model, nowMs) => {
      setText(title, model.title);
      setAttribute(title, "title", model.title);
      const isAtWork = model.stateKind === "working" || model.stateKind === "compacting";
      setShown(ring, isAtWork);
      const isStale = model.freshness.kind === "stale" || model.freshness.kind === "unauthorized";
      badge.setText(
        isStale ? "Stale" : model.freshness.kind === "removed" ? "Deleted" : model.stateLabel,
      );
      setAttribute(badge.element, "title", model.stateMessage);
      drawFacts(facts, model, nowMs);
      setShown(parent.element, model.parent !== undefined);
      if (model.parent !== undefined) parent.setHint(`Open «${model.parent.title}»`);
      compact.setRefusal(
        model.freshness.kind === "removed" ? "The session is deleted" : model.compactRefusal,
      );
    },
  };
}

function drawFacts(target: HTMLElement, model: BreakdownModel, nowMs: number): void {
  const age = formatRelativeTime(model.updatedMs, nowMs);
  const facts: readonly (readonly [string | undefined, string])[] = [
    [model.model, "Model"],
    [model.agent, "Agent"],
    [model.serverName, "Server"],
    [model.directory, "Directory"],
    [age === "now" ? "updated just now" : `updated ${age} ago`, ""],
  ];
  const shown = facts.filter(([text]) => text !== undefined && text !== "");
  const wanted = shown.map(([text]) => text ?? "");
  const known = [...target.children].map((child) => child.textContent);
  if (known.length === wanted.length && known.every((text, index) => text === wanted[index]))
    return;
  target.replaceChildren(
    ...shown.flatMap(([text = "", label], index) => [
      index === 0 ? "" : " · ",
      element("span", { title: label === "" ? undefined : `${label}: ${text}` }, text),
    ]),
  );
}
