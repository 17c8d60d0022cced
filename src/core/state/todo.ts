/** How far a list of to-dos is done. */
export interface TodoProgress {
  readonly done: number;
  readonly total: number;
}

/** Counts by OpenCode's words for their status; what was cancelled is no longer to be done and does not count. */
export function todoProgress(statuses: readonly unknown[]): TodoProgress {
  const counted = statuses.filter((status) => status !== "cancelled");
  return {
    done: counted.filter((status) => status === "completed").length,
    total: counted.length,
  };
}
