import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import type { ManagedFiles } from "./managedLease.ts";
import { livingWindows } from "./managedLease.ts";

/** A window silent for this long has ended: another program has its id. Heartbeats come every 30 s. */
const MAX_SILENCE_MS = 600_000;

/** Detects whether any window uses the server, from window processes and their heartbeats. */
export class WindowWatch {
  readonly #files: ManagedFiles;
  /** The last heartbeat of each window, and how long ago it was. */
  #signs = new Map<number, { readonly signMs: number; readonly silentMs: number }>();

  constructor(files: ManagedFiles) {
    this.#files = files;
  }

  /** Checks once. `elapsedMs`: time awake since the last check, so that suspending the machine ends nothing. */
  async areThereAny(elapsedMs: number): Promise<boolean> {
    const signs = new Map<number, { readonly signMs: number; readonly silentMs: number }>();
    for (const [pid, signMs] of await livingWindows(this.#files)) {
      const last = this.#signs.get(pid);
      const silentMs = last?.signMs === signMs ? last.silentMs + elapsedMs : 0;
      signs.set(pid, { signMs, silentMs });
    }
    this.#signs = signs;
    return [...signs.values()].some(({ silentMs }) => silentMs < MAX_SILENCE_MS);
  }
}

/** Waits between checks: one interval, or until the files change. */
export class Pace {
  readonly #intervalMs: number;
  readonly #watcher: FSWatcher | undefined;
  #wake: () => void = () => undefined;

  constructor(dir: string, intervalMs: number) {
    this.#intervalMs = intervalMs;
    try {
      const watcher = watch(dir, () => {
        this.wake();
      });
      watcher.on("error", () => {
        watcher.close();
      });
      this.#watcher = watcher;
    } catch {
      // Fall back to checking on the timer only.
    }
  }

  /** Ends the current wait early. */
  wake(): void {
    this.#wake();
  }

  /** Waits, and returns how long the machine was awake meanwhile: never more than the interval. */
  async next(): Promise<number> {
    const beganMs = performance.now();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#intervalMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    return Math.min(performance.now() - beganMs, this.#intervalMs);
  }

  end(): void {
    this.#watcher?.close();
  }
}
