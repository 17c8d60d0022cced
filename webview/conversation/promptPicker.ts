import type { PromptChoice } from "../../src/viewModels/conversation/promptBox.ts";
import { element, setAttribute } from "../dom.ts";

/** Chooses the agent or model a prompt is sent with. */
export interface PromptPicker {
  readonly element: HTMLElement;
  draw(choice: PromptChoice): void;
  /** Sets what can be chosen besides the session's own choice. */
  offer(
    offers: readonly { readonly key: string; readonly name: string; readonly group: string }[],
  ): void;
}

/** Creates a picker. `onChoose` receives the choice, undefined for the session's own. */
export function createPromptPicker(
  label: string,
  onChoose: (key: string | undefined) => void,
): PromptPicker {
  const select = element("select", { class: "prompt-picker", "aria-label": label });
  let offers: Parameters<PromptPicker["offer"]>[0] = [];
  let choice: PromptChoice | undefined;
  let drawn = "";
  select.addEventListener("change", () => {
    onChoose(select.value === "" ? undefined : select.value);
  });
  const draw = (): void => {
    if (choice === undefined) return;
    const { defaultName, defaultKey, chosen, chosenName } = choice;
    const others = offers.filter(({ key }) => key !== defaultKey);
    const wanted = JSON.stringify([defaultName, others, chosen]);
    if (wanted !== drawn) {
      drawn = wanted;
      const option = (key: string, name: string): HTMLElement =>
        element("option", { value: key }, name);
      const isMissing = chosen !== undefined && !others.some(({ key }) => key === chosen);
      const groups = [...new Set(others.map(({ group }) => group))].map((group) => {
        const options = others.filter((other) => other.group === group);
        const made = options.map(({ key, name }) => option(key, name));
        return group === "" ? made : [element("optgroup", { label: group }, ...made)];
      });
      select.replaceChildren(
        option("", defaultName),
        ...(isMissing ? [option(chosen, chosenName)] : []),
        ...groups.flat(),
      );
    }
    const value = chosen ?? "";
    if (select.value !== value) select.value = value;
    setAttribute(select, "title", `${label}: ${chosen === undefined ? defaultName : chosenName}`);
  };
  return {
    element: select,
    draw: (next) => {
      choice = next;
      draw();
    },
    offer: (next) => {
      offers = next;
      draw();
    },
  };
}
