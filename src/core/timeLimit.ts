import { t } from "./language.ts";

/** What ends a wait early: any of the signals, or a timeout. */
export interface Limits {
  readonly signals?: readonly (AbortSignal | undefined)[];
  /** Undefined or zero: no limit. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Runs a task with a signal that aborts with any of the given ones, or with a `TimeoutError` after the timeout.
 * Replaces `AbortSignal.any` and `AbortSignal.timeout`, which the lint rules forbid: nothing keeps their signals
 * alive, so they can be garbage-collected, timer included (observed on Node 20, and on Node 24 through `Request`).
 * Here the parents' listeners and our own timer keep the signal alive until the task has settled.
 */
export async function withLimits<T>(
  { signals = [], timeoutMs = 0 }: Limits,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const parents = signals.filter((signal) => signal !== undefined);
  const abort = (): void => {
    controller.abort(parents.find(({ aborted }) => aborted)?.reason);
  };
  for (const parent of parents) parent.addEventListener("abort", abort, { once: true });
  if (parents.some(({ aborted }) => aborted)) abort();
  const timer =
    timeoutMs > 0
      ? setTimeout(() => {
          controller.abort(new DOMException(t("it took too long"), "TimeoutError"));
        }, timeoutMs)
      : undefined;
  try {
    return await task(controller.signal);
  } finally {
    clearTimeout(timer);
    for (const parent of parents) parent.removeEventListener("abort", abort);
  }
}

/** Waits for a promise, but rejects with the signal's reason as soon as the signal aborts. */
export async function unlessAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => {
      const reason: unknown = signal.reason;
      reject(reason instanceof Error ? reason : new DOMException("aborted", "AbortError"));
    };
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
