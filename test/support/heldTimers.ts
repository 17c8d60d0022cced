interface Held {
  readonly run: () => void;
  readonly afterMs: number;
  dueMs: number;
}

/**
 * Puts timers under the test's control instead of the clock's: those that `setTimeout` starts in this process with a time
 * that `isHeld` selects. `node:timers/promises`, which the waits of tests use, works as usual.
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
      // Only a handle for the caller.
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

  /** How many timers are held now. */
  get count(): number {
    return this.#held.size;
  }

  /** Advances the time of the held timers; those that are due run, in order. */
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

  /** Runs all held timers, and from now on runs at once what would be held. */
  letGo(): void {
    this.#isLetGo = true;
    this.pass(Number.POSITIVE_INFINITY);
  }

  /** Restores the real timers; those still held never run. */
  restore(): void {
    globalThis.setTimeout = this.#set;
    globalThis.clearTimeout = this.#clear;
    this.#held.clear();
  }
}
