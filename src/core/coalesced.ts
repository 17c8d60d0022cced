/**
 * Makes a task that never runs twice at a time: who asks while it runs shares one further run, which begins
 * when the running one has ended and so sees everything that was true when it was asked for.
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
