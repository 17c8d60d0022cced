import type { Completion } from "../../src/viewModels/conversation/completion.ts";
import { element, setAttribute, setShown } from "../dom.ts";

/** Completions for the word at the caret; the focus stays in the text. */
export interface CompletionList {
  readonly element: HTMLElement;
  readonly isOpen: boolean;
  show(completions: readonly Completion[]): void;
  hide(): void;
  /** Moves the highlight by one option, wrapping around at the ends. */
  move(step: 1 | -1): void;
  /** Accepts the highlighted option. */
  take(): void;
}

/** Creates a list for a text field; the field announces which option is highlighted. */
export function createCompletionList(
  field: HTMLElement,
  label: string,
  onTake: (completion: Completion) => void,
): CompletionList {
  const list = element("ul", {
    class: "completions",
    id: "completions",
    role: "listbox",
    "aria-label": label,
  });
  let shown: readonly Completion[] = [];
  let at = 0;
  setShown(list, false);
  setAttribute(field, "aria-autocomplete", "list");
  setAttribute(field, "aria-controls", list.id);
  const mark = (): void => {
    for (const [index, option] of [...list.children].entries()) {
      setAttribute(option, "aria-selected", index === at ? "true" : "false");
      if (index === at) option.scrollIntoView({ block: "nearest" });
    }
    setAttribute(field, "aria-activedescendant", shown.length === 0 ? undefined : optionID(at));
  };
  const take = (): void => {
    const completion = shown[at];
    if (completion !== undefined) onTake(completion);
  };
  const show = (completions: readonly Completion[]): void => {
    const known = shown[at]?.text;
    shown = completions;
    at = Math.max(
      0,
      shown.findIndex(({ text }) => text === known),
    );
    list.replaceChildren(
      ...shown.map(({ text, detail }, index) => {
        const option = element(
          "li",
          { id: optionID(index), role: "option" },
          element("span", { class: "completion-text" }, text),
          element("span", { class: "completion-detail" }, detail),
        );
        option.addEventListener("mousedown", (event) => {
          // Keeps the focus in the text.
          event.preventDefault();
          at = index;
          take();
        });
        return option;
      }),
    );
    setShown(list, shown.length > 0);
    mark();
  };
  return {
    element: list,
    get isOpen() {
      return shown.length > 0;
    },
    show,
    hide: () => {
      if (shown.length > 0) show([]);
    },
    move: (step) => {
      at = (at + step + shown.length) % shown.length;
      mark();
    },
    take,
  };
}

function optionID(index: number): string {
  return `completion-${index}`;
}
