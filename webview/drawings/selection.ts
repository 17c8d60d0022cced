/** How far each arrow key moves the selection; the chart ignores missing keys. */
export interface SelectionSteps {
  readonly ArrowRight: number;
  readonly ArrowLeft: number;
  readonly ArrowDown?: number;
  readonly ArrowUp?: number;
  /** Whether every arrow key starts at the last, newest part. */
  readonly beginsAtLast?: boolean;
}

/** The part of a chart that a key selects, undefined to clear the selection; `none` for unrelated keys. */
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
