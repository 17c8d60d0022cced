import { type Log, loggable } from "../core/log.ts";
import { inOneWindow } from "../sources/oneWindow.ts";
import type { WindowTurns } from "../views/notices/windowTurns.ts";

/** How long a background window leaves a thing to the focused one, and the spread between such windows. */
const BEHIND_MS = 2_000;
const SPREAD_MS = 1_000;

/** How long a released thing stays claimed. */
const LINGER_MS = 60_000;

export interface ClaimedTurnsOptions {
  /** Shared by the windows. */
  readonly folder: string;
  /** Whether the user is in this window. */
  readonly isInFront: () => boolean;
  readonly lingerMs?: number;
  readonly log: Log;
}

/**
 * Turns based on lock files: a window that ends, however it does, leaves its things to the next one. If files
 * can't be written, every window announces everything, which is better than no window.
 */
export class ClaimedTurns implements WindowTurns {
  readonly #options: ClaimedTurnsOptions;
  // The same for all things, so that one window announces all of several that come together.
  readonly #patienceMs = BEHIND_MS + Math.random() * SPREAD_MS;
  /** What this window has claimed, and how to release it. */
  readonly #claims = new Map<string, () => void>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #isDisposed = false;

  constructor(options: ClaimedTurnsOptions) {
    this.#options = options;
  }

  async take(thing: string): Promise<boolean> {
    if (!this.#options.isInFront()) await this.#wait();
    if (await this.claim(thing)) return true;
    // This same window, before a reload, may still be shutting down.
    await this.#wait();
    return this.claim(thing);
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.#patienceMs));
  }

  async claim(thing: string): Promise<boolean> {
    if (this.#isDisposed) return false;
    if (this.#claims.has(thing)) {
      clearTimeout(this.#timers.get(thing));
      return true;
    }
    const { folder, log } = this.#options;
    return new Promise((resolve) => {
      const hold = (): Promise<void> =>
        new Promise((letGo) => {
          this.#claims.set(thing, letGo);
          resolve(true);
          if (this.#isDisposed) letGo();
        });
      inOneWindow(folder, thing, hold).then(
        (held) => {
          resolve(!held.ok && held.error.reason !== "timeout");
        },
        (error: unknown) => {
          log.warn("notifications", `no claim: ${loggable(error)}`);
          resolve(true);
        },
      );
    });
  }

  release(thing: string): void {
    if (!this.#claims.has(thing)) return;
    clearTimeout(this.#timers.get(thing));
    const timer = setTimeout(() => {
      this.#releaseNow(thing);
    }, this.#options.lingerMs ?? LINGER_MS);
    this.#timers.set(thing, timer);
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const thing of [...this.#claims.keys()]) this.#releaseNow(thing);
  }

  #releaseNow(thing: string): void {
    clearTimeout(this.#timers.get(thing));
    this.#timers.delete(thing);
    this.#claims.get(thing)?.();
    this.#claims.delete(thing);
  }
}
