/**
 * Waits until a condition on the state holds; resolves with whether it does. Resolves with false at the limit, or
 * when the signal is aborted.
 */
export async function untilState(
  store: { onDidChange(listener: () => void): () => void },
  isSo: () => boolean,
  { limitMs, signal }: { readonly limitMs: number; readonly signal?: AbortSignal },
): Promise<boolean> {
  if (isSo()) return true;
  return new Promise((resolve) => {
    const end = (result: boolean): void => {
      clearTimeout(timer);
      stop();
      signal?.removeEventListener("abort", giveUp);
      resolve(result);
    };
    const giveUp = (): void => {
      end(false);
    };
    const timer = setTimeout(giveUp, limitMs);
    const stop = store.onDidChange(() => {
      if (isSo()) end(true);
    });
    signal?.addEventListener("abort", giveUp);
  });
}
