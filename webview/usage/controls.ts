import type { UsageModel } from "../../src/viewModels/usage.ts";
import type {
  UsageChange,
  UsageMeasure,
  UsageStack,
  UsageUnit,
} from "../../src/viewModels/usageChoices.ts";
import { element } from "../dom.ts";
import { createDropdown, type DropdownView } from "../toolkit.ts";

export interface UsageControls {
  /** What bars are as long as. */
  readonly measure: HTMLElement;
  /** How long a bar of the trend lasts, and what it is made of. */
  readonly trend: readonly HTMLElement[];
  draw(model: UsageModel): void;
}

const MEASURES: readonly { readonly value: UsageMeasure; readonly label: string }[] = [
  { value: "cost", label: "Cost" },
  { value: "tokens", label: "Tokens" },
];

const UNITS: readonly { readonly value: UsageUnit; readonly label: string }[] = [
  { value: "auto", label: "Fitting bars" },
  { value: "hour", label: "By hour" },
  { value: "day", label: "By day" },
  { value: "week", label: "By week" },
  { value: "month", label: "By month" },
];

const STACKS: readonly { readonly value: UsageStack; readonly label: string }[] = [
  { value: "kind", label: "Kinds" },
  { value: "model", label: "Models" },
  { value: "agent", label: "Agents" },
  { value: "project", label: "Projects" },
  { value: "place", label: "Servers" },
  { value: "origin", label: "Sub-agents" },
];

/** What a person chooses for all charts and for the trend. */
export function createUsageControls(onChange: (change: UsageChange) => void): UsageControls {
  const buttons = MEASURES.map(({ value, label }) => {
    const button = element(
      "button",
      { type: "button", class: "switch", "data-measure": value },
      label,
    );
    button.addEventListener("click", () => {
      onChange({ kind: "measure", measure: value });
    });
    return { value, button };
  });
  const unit = dropdown("Length of a bar", UNITS, (value) => {
    onChange({ kind: "unit", unit: value });
  });
  const stack = dropdown("What bars are made of", STACKS, (value) => {
    onChange({ kind: "stack", stack: value });
  });
  return {
    measure: element(
      "div",
      { class: "switches", role: "group", "aria-label": "What is measured" },
      ...buttons.map(({ button }) => button),
    ),
    trend: [unit.element, stack.element],
    draw: ({ choices }) => {
      for (const { value, button } of buttons) {
        button.setAttribute("aria-pressed", String(value === choices.measure));
      }
      unit.setValue(choices.unit);
      stack.setValue(choices.stack);
    },
  };
}

function dropdown<T extends string>(
  label: string,
  options: readonly { readonly value: T; readonly label: string }[],
  onChange: (value: T) => void,
): DropdownView {
  return createDropdown(label, options, (value) => {
    const known = options.find((option) => option.value === value);
    if (known !== undefined) onChange(known.value);
  });
}
