import { t } from "../../src/core/language.ts";
import type { PromptBoxState } from "../../src/viewModels/conversation/promptBox.ts";
import { element, setShown } from "../dom.ts";

/** Creates the list of the files attached to a prompt. */
export function createAttachedFiles(onRemove: (id: number) => void): {
  readonly element: HTMLElement;
  draw(files: PromptBoxState["files"]): void;
} {
  const list = element("ul", { class: "prompt-files", "aria-label": t("Attached files") });
  return {
    element: list,
    draw: (files) => {
      setShown(list, files.length > 0);
      list.replaceChildren(
        ...files.map(({ id, name, size }) => {
          const attributes = { type: "button", class: "text-button" };
          const remove = element("button", { ...attributes, "aria-label": t`Remove ${name}` }, "✕");
          remove.addEventListener("click", () => {
            onRemove(id);
          });
          return element("li", {}, element("span", {}, `${name} (${size})`), remove);
        }),
      );
    },
  };
}
