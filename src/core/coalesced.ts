/**
 * Wraps a task so that it never runs concurrently with itself. All calls made during a run share one further
 * run, which starts after the current one ends and so sees everything that was true when it was requested.
 */
export function coalesced<T>(task: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | undefined;
  return () => {
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        const run = task();
        running = run;
        return run;
      });
    return next;
  };
}
