import { plainButton } from "../dom.ts";

/** A button of a card. */
export function requestButton(
  label: string,
  look: "primary" | "secondary",
  onClick: () => void,
): HTMLButtonElement {
  return plainButton({ class: `request-button ${look}` }, onClick, label);
}
