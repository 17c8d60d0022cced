/**
 * Makes a task that never runs twice at a time: who asks while it runs shares one further run, which begins
 * when the running one has ended and so sees everything that was true when it was asked for.
 */
export function coalesced(task: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  return () => {
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        running = task();
        return running;
      });
    return next;
  };
}
