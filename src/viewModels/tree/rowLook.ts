import type { TreeRow } from "./anyRow.ts";

/** What is compared to find out whether a row must be redrawn. */
export interface Look {
  /** Represents the state. */
  readonly icon: string;
  /** Everything a view uses of a row. */
  readonly whole: string;
  /** The same without anything that changes on its own: see `RowPart.isEstimate`. */
  readonly steady: string;
}

export function lookOf(row: TreeRow): Look {
  const { id, color } = row.icon;
  const rest = [row.label, id, color, row.contextValue, row.isDimmed, row.expansion].join("\n");
  const words = `${row.description}\n${row.accessibilityLabel}`;
  return {
    icon: id,
    whole: [rest, words].join("\n"),
    steady: [rest, row.steadyWords ?? words].join("\n"),
  };
}
