/** Progress of a to-do list. */
export interface TodoProgress {
  readonly done: number;
  readonly total: number;
}

/** Counts to-dos by their OpenCode status; cancelled ones don't count. */
export function todoProgress(statuses: readonly unknown[]): TodoProgress {
  const counted = statuses.filter((status) => status !== "cancelled");
  return {
    done: counted.filter((status) => status === "completed").length,
    total: counted.length,
  };
}
