/**
 * Runs a callback soon after a request, immediately if it has not run for a while, and at most once per
 * `intervalMs`, on a monotonic clock. A run that returns false did nothing: the next one may follow at once.
 * `leadMs`: how long to wait for related requests after the first one that follows a pause.
 */
export class Paced {
  readonly #intervalMs: () => number;
  readonly #run: () => unknown;
  readonly #leadMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueMs = Number.POSITIVE_INFINITY;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(intervalMs: number | (() => number), run: () => unknown, leadMs = 0) {
    this.#intervalMs = typeof intervalMs === "number" ? () => intervalMs : intervalMs;
    this.#leadMs = leadMs;
    this.#run = run;
  }

  /** Requests a run, no earlier than `waitMs` from now. */
  request(waitMs = 0): void {
    const nowMs = performance.now();
    const dueMs = Math.max(
      this.#lastMs + this.#intervalMs(),
      nowMs + Math.max(waitMs, this.#leadMs),
    );
    if (this.#timer !== undefined) {
      if (dueMs >= this.#dueMs) return;
      clearTimeout(this.#timer);
    } else if (dueMs <= nowMs) {
      this.#runNow();
      return;
    }
    this.#dueMs = dueMs;
    this.#timer = setTimeout(
      () => {
        this.#runNow();
      },
      Math.max(0, dueMs - nowMs),
    );
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #runNow(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#dueMs = Number.POSITIVE_INFINITY;
    const beforeMs = this.#lastMs;
    // A run may request the next one.
    this.#lastMs = performance.now();
    if (this.#run() === false) this.#lastMs = beforeMs;
  }
}
