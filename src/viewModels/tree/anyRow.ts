import type { RowIcon } from "./sessionIcon.ts";

/** Any row of the tree, as a view draws it. */
export interface TreeRow {
  readonly label: string;
  readonly description: string;
  /** All its words, seen and spoken, without what moves by itself (`RowPart.isEstimate`); left out where nothing does. */
  readonly steadyWords?: string;
  readonly icon: RowIcon;
  readonly contextValue: string;
  readonly accessibilityLabel: string;
  readonly isDimmed: boolean;
  /** Whether something is below it, and whether that is open at first. */
  readonly expansion: "none" | "collapsed" | "expanded";
}
