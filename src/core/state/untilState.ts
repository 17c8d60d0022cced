/**
 * Waits until a condition on the state holds; resolves with whether it does. Resolves with false at the limit, or
 * when the signal is aborted.
 */
export async function untilState(
  store: { onDidChange(listener: () => void): () => void },
  holds: () => boolean,
  { limitMs, signal }: { readonly limitMs: number; readonly signal?: AbortSignal },
): Promise<boolean> {
  if (holds()) return true;
  return new Promise((resolve) => {
    const settle = (result: boolean): void => {
      clearTimeout(timer);
      stop();
      signal?.removeEventListener("abort", giveUp);
      resolve(result);
    };
    const giveUp = (): void => {
      settle(false);
    };
    const timer = setTimeout(giveUp, limitMs);
    const stop = store.onDidChange(() => {
      if (holds()) settle(true);
    });
    signal?.addEventListener("abort", giveUp);
  });
}
