import { t } from "../../src/core/language.ts";
import { element, plainButton, setShown, setText } from "../dom.ts";

/** Searches the whole conversation, including messages that are not drawn. */
export interface FindBar {
  readonly element: HTMLElement;
  /** Moves the focus to the field; Escape returns it to the message found, or to where it was. */
  focus(): void;
  /** Receives the messages that contain a text, oldest first. */
  found(text: string, messageIDs: readonly string[]): void;
  /** Highlights the matches in the drawn messages. */
  mark(within: HTMLElement): void;
}

/** The name of the highlight in the style sheet. */
const HIGHLIGHT = "found";
/** The most matches that are highlighted. */
const MAX_MARKS = 500;

/** Creates the bar. `onText` searches for a text; `onGo` goes to a message that contains it. */
export function createFindBar(options: {
  readonly onText: (text: string) => void;
  readonly onGo: (messageID: string, text: string) => void;
}): FindBar {
  const input = element("input", {
    type: "search",
    class: "find-text",
    placeholder: t("Find"),
    "aria-label": t("Find in conversation"),
  });
  const count = element("span", { class: "find-count", role: "status" });
  const goBy = (step: 1 | -1) => (): void => {
    go(step);
  };
  const previous = plainButton({ class: "text-button" }, goBy(-1), t("Previous"));
  const next = plainButton({ class: "text-button" }, goBy(1), t("Next"));
  let text = "";
  let ids: readonly string[] = [];
  let at = -1;
  let returnTo: EventTarget | null = null;

  input.addEventListener("focus", ({ relatedTarget }) => {
    returnTo = relatedTarget;
  });
  input.addEventListener("input", () => {
    text = input.value.trim();
    at = -1;
    options.onText(text);
  });
  input.addEventListener("keydown", (event) => {
    // The key belongs to an IME composition.
    if (event.isComposing) return;
    if (event.key === "Enter") go(event.shiftKey ? -1 : 1);
    if (event.key !== "Escape") return;
    input.value = "";
    text = "";
    options.onText("");
    if (returnTo instanceof HTMLElement) returnTo.focus({ preventScroll: true });
    else input.blur();
  });

  function go(step: 1 | -1): void {
    if (ids.length === 0) return;
    // The first step goes to the newest match.
    at = at < 0 ? ids.length - 1 : (at + step + ids.length) % ids.length;
    const id = ids[at];
    draw();
    if (id === undefined) return;
    options.onGo(id, text);
    input.focus({ preventScroll: true });
  }

  function draw(): void {
    const isSearching = text !== "";
    setShown(count, isSearching);
    setShown(previous, isSearching && ids.length > 0);
    setShown(next, isSearching && ids.length > 0);
    const place = at < 0 ? `${ids.length}` : t`${at + 1} of ${ids.length}`;
    setText(count, ids.length === 0 ? t("No results") : place);
  }

  draw();
  return {
    element: element("div", { class: "find-bar", role: "search" }, input, count, previous, next),
    focus: () => {
      input.focus({ preventScroll: true });
      input.select();
    },
    found: (wanted, messageIDs) => {
      // The result of an earlier search.
      if (wanted !== text) return;
      ids = messageIDs;
      draw();
    },
    mark: (within) => {
      CSS.highlights.delete(HIGHLIGHT);
      if (text === "") return;
      const ranges = rangesOf(within, text.toLowerCase());
      if (ranges.length > 0) CSS.highlights.set(HIGHLIGHT, new Highlight(...ranges));
    },
  };
}

function rangesOf(within: HTMLElement, needle: string): readonly Range[] {
  const ranges: Range[] = [];
  const walker = document.createTreeWalker(within, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const content = (node.textContent ?? "").toLowerCase();
    for (let at = content.indexOf(needle); at >= 0; at = content.indexOf(needle, at + 1)) {
      if (ranges.length >= MAX_MARKS) return ranges;
      const range = new Range();
      range.setStart(node, at);
      range.setEnd(node, at + needle.length);
      ranges.push(range);
    }
  }
  return ranges;
}
