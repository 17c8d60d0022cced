import type { CardRequest, Control } from "../../src/viewModels/cards/card.ts";
import { element, plainButton, setAttribute, type View } from "../dom.ts";
import { createButton, createDropdown } from "../toolkit.ts";

export type ControlsView = View<readonly Control[]>;

/** A row of buttons and choices. They are created once; afterwards only their labels and values change. */
export function createControls(ask: (request: CardRequest) => void): ControlsView {
  const holder = element("div", { class: "controls" });
  let views: View<Control>[] = [];
  let made = "";
  return {
    element: holder,
    draw: (controls) => {
      const wanted = controls.map(({ kind }) => kind).join();
      if (wanted !== made) {
        made = wanted;
        views = controls.map((control) => createControl(control, ask));
        holder.replaceChildren(...views.map((view) => view.element));
      }
      for (const [at, control] of controls.entries()) views[at]?.draw(control);
    },
  };
}

function createControl(first: Control, ask: (request: CardRequest) => void): View<Control> {
  let now = first;
  const choose = (value: string): void => {
    const chosen =
      now.kind === "button" ? undefined : now.options.find((option) => option.value === value);
    if (chosen !== undefined) ask(chosen.ask);
  };
  switch (first.kind) {
    case "button": {
      const button = createButton({
        label: first.label,
        hint: first.hint,
        appearance: first.look ?? "secondary",
        onClick: () => {
          if (now.kind === "button") ask(now.ask);
        },
      });
      return {
        element: button.element,
        draw: (next) => {
          if (next.kind !== "button") return;
          now = next;
          button.setLabel(next.label, next.hint);
          button.setRefusal(next.refusal);
        },
      };
    }
    case "dropdown": {
      const dropdown = createDropdown(first.label, first.options, choose);
      return {
        element: dropdown.element,
        draw: (next) => {
          now = next;
          if (next.kind !== "button") dropdown.setValue(next.value);
        },
      };
    }
    case "switch": {
      const buttons = first.options.map(({ value, label }) => {
        const button = plainButton(
          { class: "switch", "data-measure": value },
          () => {
            choose(value);
          },
          label,
        );
        return { value, button };
      });
      return {
        element: element(
          "div",
          { class: "switches", role: "group", "aria-label": first.label },
          ...buttons.map(({ button }) => button),
        ),
        draw: (next) => {
          if (next.kind === "button") return;
          now = next;
          for (const { value, button } of buttons) {
            setAttribute(button, "aria-pressed", String(value === next.value));
          }
        },
      };
    }
  }
}
