import { t } from "../../src/core/language.ts";
import type { PromptBoxState } from "../../src/viewModels/conversation/promptBox.ts";
import { element, plainButton, setShown, type View } from "../dom.ts";

/** Creates the list of the files attached to a prompt. */
export function createAttachedFiles(onRemove: (id: number) => void): View<PromptBoxState["files"]> {
  const list = element("ul", { class: "prompt-files", "aria-label": t("Attached files") });
  return {
    element: list,
    draw: (files) => {
      setShown(list, files.length > 0);
      list.replaceChildren(
        ...files.map(({ id, name, size }) => {
          const remove = (): void => {
            onRemove(id);
          };
          const attributes = { class: "text-button", "aria-label": t`Remove ${name}` };
          const label = element("span", {}, `${name} (${size})`);
          return element("li", {}, label, plainButton(attributes, remove, "✕"));
        }),
      );
    },
  };
}
