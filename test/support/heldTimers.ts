interface Held {
  readonly run: () => void;
  readonly afterMs: number;
  dueMs: number;
}

/**
 * Timers that wait for the test instead of for a clock: those of `setTimeout` in this process that `isHeld` chooses by
 * their time. `node:timers/promises`, and with it the waits of tests, go on as usual.
 */
export class HeldTimers {
  readonly #held = new Map<NodeJS.Timeout, Held>();
  readonly #set = globalThis.setTimeout;
  readonly #clear = globalThis.clearTimeout;
  #nowMs = 0;
  #isLetGo = false;

  constructor(isHeld: (afterMs: number) => boolean = () => true) {
    const hold = (run: (...args: unknown[]) => void, afterMs = 0, ...args: unknown[]) => {
      if (!isHeld(afterMs)) return this.#set(run, afterMs, ...args);
      if (this.#isLetGo) return this.#set(run, 0, ...args);
      // Only a handle for whoever asked.
      const timer = this.#set(() => undefined, 0);
      const held: Held = {
        run: () => {
          run(...args);
        },
        afterMs,
        dueMs: this.#nowMs + afterMs,
      };
      timer.refresh = () => {
        held.dueMs = this.#nowMs + afterMs;
        return timer;
      };
      this.#held.set(timer, held);
      return timer;
    };
    globalThis.setTimeout = hold as typeof setTimeout;
    globalThis.clearTimeout = (timer) => {
      if (typeof timer === "object") this.#held.delete(timer);
      this.#clear(timer);
    };
  }

  /** How many wait now. */
  get count(): number {
    return this.#held.size;
  }

  /** Lets a time pass for those that are held: which are due by then run, in their order. */
  pass(timeMs: number): void {
    const endMs = this.#nowMs + timeMs;
    for (;;) {
      const [next] = [...this.#held]
        .filter(([, { dueMs }]) => dueMs <= endMs)
        .sort(([, a], [, b]) => a.dueMs - b.dueMs);
      if (next === undefined) break;
      const [timer, { run, dueMs }] = next;
      this.#held.delete(timer);
      this.#nowMs = dueMs;
      run();
    }
    this.#nowMs = endMs;
  }

  /** Runs what is held, and what would be held from now on at once. */
  letGo(): void {
    this.#isLetGo = true;
    this.pass(Number.POSITIVE_INFINITY);
  }

  /** Gives the timers back to the clock; what is still held never runs. */
  restore(): void {
    globalThis.setTimeout = this.#set;
    globalThis.clearTimeout = this.#clear;
    this.#held.clear();
  }
}
