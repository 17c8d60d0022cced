import type { RowIcon } from "./sessionIcon.ts";

/** Any row of the tree, as a view draws it. */
export interface TreeRow {
  readonly label: string;
  readonly description: string;
  /** All its words but those that change on their own (`RowPart.isEstimate`); left out if none do. */
  readonly steadyWords?: string;
  readonly icon: RowIcon;
  readonly contextValue: string;
  readonly accessibilityLabel: string;
  readonly isDimmed: boolean;
  /** Whether anything is below it, and whether it is initially expanded. */
  readonly expansion: "none" | "collapsed" | "expanded";
}
