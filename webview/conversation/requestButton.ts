import { element } from "../dom.ts";

/** A button of a card. */
export function requestButton(
  label: string,
  look: "primary" | "secondary",
  onClick: () => void,
): HTMLButtonElement {
  const button = element("button", { type: "button", class: `request-button ${look}` }, label);
  button.addEventListener("click", onClick);
  return button;
}
