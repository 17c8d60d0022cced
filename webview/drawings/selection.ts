/** How far the arrow keys of a chart move; a key that is missing is not the chart's. */
export interface SelectionSteps {
  readonly ArrowRight: number;
  readonly ArrowLeft: number;
  readonly ArrowDown?: number;
  readonly ArrowUp?: number;
  /** Whether every key begins at the newest part, which is the last. */
  readonly beginsAtLast?: boolean;
}

/** The part of a chart that a key moves to, undefined for none; `none` when the key is not about that. */
export function selectionOfKey(
  key: string,
  selected: number | undefined,
  count: number,
  steps: SelectionSteps,
): number | undefined | "none" {
  switch (key) {
    case "ArrowRight":
    case "ArrowLeft":
    case "ArrowDown":
    case "ArrowUp": {
      const step = steps[key];
      if (step === undefined) return "none";
      if (selected !== undefined) return Math.min(count - 1, Math.max(0, selected + step));
      return step > 0 && steps.beginsAtLast !== true ? 0 : count - 1;
    }
    case "Home":
      return 0;
    case "End":
      return count - 1;
    case "Escape":
      return undefined;
    default:
      return "none";
  }
}
