import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import type { ManagedFiles } from "./managedLease.ts";
import { livingWindows } from "./managedLease.ts";

/** A window without a sign of life for so long is another program with its process id. Windows give one every half minute. */
const MAX_SILENCE_MS = 600_000;

/** Tells whether windows use the server, by their processes and their signs of life. */
export class WindowWatch {
  readonly #files: ManagedFiles;
  /** Last sign of life of each window, and for how long it has been the last. */
  #signs = new Map<number, { readonly signMs: number; readonly silentMs: number }>();

  constructor(files: ManagedFiles) {
    this.#files = files;
  }

  /** Looks; `elapsedMs`: time the machine was awake since the last look, so that a suspended machine ends nothing. */
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

/** Waits between looks: one interval, or until something happens to the files. */
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
      // Then looks are by the clock alone.
    }
  }

  /** Ends the waiting early. */
  wake(): void {
    this.#wake();
  }

  /** Waits, and gives how long the machine was awake meanwhile: never more than the interval. */
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
