/*
 * The parts of a session the user can choose to see, in the settings `tree.rowParts` and `statusBar.parts`. They are
 * shown in the chosen order; parts without content are omitted.
 */

/**
 * Shown next to a row's title. `state`: unusual states, such as waiting, failed or archived; `context`: only when it
 * is nearly full; `activity`: the running tool, or the age.
 */
export const ROW_PARTS = ["cost", "tokens", "state", "context", "todos", "activity"] as const;
export type RowPartID = (typeof ROW_PARTS)[number];

/** Cost comes first: VS Code truncates a narrow row at the end. */
export const DEFAULT_ROW_PARTS: readonly RowPartID[] = [
  "cost",
  "state",
  "context",
  "todos",
  "activity",
];

/** The side bar's width in CSS pixels, and the average width of a lower-case letter in its font. */
export interface SideBarWidth {
  readonly widthPx: number;
  readonly letterPx: number;
}

/** Left of a top-level row's title and right of its text, with the gap in between (VS Code 1.139). */
const AROUND_ROW_PX = 78;
/** A cost such as `$0.23` and the ellipsis that ends a truncated row, in letters, with a little to spare. */
const COST_LETTERS = 7.5;
/** A view in the panel may be much wider than the side bar. */
const MAX_SIDE_BAR_PX = 600;

/** How many average letters of a top-level session's title fit next to a short cost. */
export function fittingTitleLength({ widthPx, letterPx }: SideBarWidth): number {
  const room = (Math.min(widthPx, MAX_SIDE_BAR_PX) - AROUND_ROW_PX) / letterPx - COST_LETTERS;
  return Math.max(4, room);
}

/** What fits in VS Code's usual side bar, until its width is known. */
export const DEFAULT_TITLE_LENGTH = fittingTitleLength({ widthPx: 300, letterPx: 7.3 });

/** Shown in the status bar for the active session. */
export const STATUS_BAR_PARTS = ["cost", "tokens", "context", "title"] as const;
export type StatusBarPartID = (typeof STATUS_BAR_PARTS)[number];

export const DEFAULT_STATUS_BAR_PARTS: readonly StatusBarPartID[] = ["cost", "context", "title"];
