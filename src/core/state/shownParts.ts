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

/** Characters of a top-level session's title in the tree: what fits next to a short cost in a 250-pixel side bar. */
export const DEFAULT_TITLE_LENGTH = 16;

/** Shown in the status bar for the active session. */
export const STATUS_BAR_PARTS = ["cost", "tokens", "context", "title"] as const;
export type StatusBarPartID = (typeof STATUS_BAR_PARTS)[number];

export const DEFAULT_STATUS_BAR_PARTS: readonly StatusBarPartID[] = ["cost", "context", "title"];
