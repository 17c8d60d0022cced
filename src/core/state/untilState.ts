/**
 * Waits until something is so in the state; resolves with whether it is. Gives up at the limit, which is no
 * failure, and when the signal is aborted.
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
