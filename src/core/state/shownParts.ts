/*
 * What a person may choose to see of a session, by the settings `tree.rowParts` and `statusBar.parts`. The order
 * chosen is the order shown; what a session has nothing to say about is left out.
 */

/**
 * Beside the title of a row. `state`: what is unusual, such as waiting, failed or archived; `context`: only when it
 * is nearly full; `activity`: the running tool, else the age.
 */
export const ROW_PARTS = ["cost", "tokens", "state", "context", "todos", "activity"] as const;
export type RowPartID = (typeof ROW_PARTS)[number];

/** Cost comes first: VS Code cuts a narrow row at its end. */
export const DEFAULT_ROW_PARTS: readonly RowPartID[] = [
  "cost",
  "state",
  "context",
  "todos",
  "activity",
];

/**
 * Characters of a top-level session's title in the tree: what a side bar of 300 pixels has room for beside the cost,
 * below a server and a project.
 */
export const DEFAULT_TITLE_LENGTH = 20;

/** In the status bar, of the active session. */
export const STATUS_BAR_PARTS = ["cost", "tokens", "context", "title"] as const;
export type StatusBarPartID = (typeof STATUS_BAR_PARTS)[number];

export const DEFAULT_STATUS_BAR_PARTS: readonly StatusBarPartID[] = ["cost", "context", "title"];
