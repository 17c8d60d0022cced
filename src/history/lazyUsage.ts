import { setTimeout as delay } from "node:timers/promises";
import type { Action } from "../core/state/actions.ts";
import type { LedgerPlace } from "../core/ledger/table.ts";
import type { UsageMaintenance } from "../core/state/health.ts";
import type { TaskDescription } from "../core/ledger/taskCosts.ts";
import { type Log, loggable } from "../core/log.ts";
import type { SessionRef } from "../core/state/session.ts";
import type { SessionStatusExtras } from "../core/agents/sessionStatus.ts";
import type { UsageSnapshot, UsageSource } from "../core/usage/usageSource.ts";

/** The usage ledger and what belongs to it, once it is loaded. */
export interface LoadedUsage extends Omit<UsageSource, "open" | "failure"> {
  readonly onAction: (action: Action) => void;
  /** What a tooltip shows about usage, as Markdown; empty if there is nothing to show. */
  tooltip(ref: SessionRef | undefined): string;
  /** What similar tasks have cost, in words; undefined if too few were seen. */
  taskHint(task: TaskDescription): { readonly text: string; readonly tooltip: string } | undefined;
  /** What is left of the session's budget that will be used up first; undefined without one. */
  budgetHint(ref: SessionRef): { readonly text: string; readonly tooltip: string } | undefined;
  /** Asks the user how long to ignore the budgets that are used up. */
  snoozeBudgets(): Promise<void>;
  settingsChanged(): void;
  dispose(): Promise<void>;
}

export interface LazyUsageOptions {
  /** Rejects if the ledger can't be opened. */
  readonly load: () => Promise<LoadedUsage>;
  readonly maintenance: () => Promise<UsageMaintenance>;
  readonly log: Log;
}

const AFTER_SNAPSHOT_MS = 150;
/** Number of actions that are kept while the ledger is being opened. */
const MOST_KEPT = 5_000;

/**
 * Takes the place of the usage ledger from the start, and loads it when the first server reports its sessions
 * or someone asks for it: `activate` doesn't wait for it. Actions that arrive meanwhile are kept.
 */
export class LazyUsage implements UsageSource {
  readonly #options: LazyUsageOptions;
  readonly #listeners = new Set<() => void>();
  #opening: Promise<void> | undefined;
  #loaded: LoadedUsage | undefined;
  #kept: Action[] = [];
  #failure: string | undefined;
  /** Settings changed while it was loading: it may have read the old ones. */
  #hasOldSettings = false;
  #isDisposed = false;

  constructor(options: LazyUsageOptions) {
    this.#options = options;
  }

  /** Handles one action. */
  readonly onAction = (action: Action): void => {
    if (this.#loaded !== undefined) {
      this.#loaded.onAction(action);
    } else if (this.#failure === undefined) {
      if (action.type === "snapshot.loaded") this.#openSoon();
      if (this.#opening !== undefined && this.#kept.length < MOST_KEPT) this.#kept.push(action);
    }
  };

  open(): Promise<void> {
    this.#opening ??= this.#load();
    return this.#opening;
  }

  /** Lets the rows be drawn first. */
  #openSoon(): void {
    this.#opening ??= delay(AFTER_SNAPSHOT_MS).then(() => this.#load());
  }

  async #load(): Promise<void> {
    if (this.#isDisposed) return;
    await this.#options.load().then(
      async (loaded) => {
        if (this.#isDisposed) {
          await loaded.dispose();
          return;
        }
        this.#loaded = loaded;
        loaded.onDidChange(() => {
          this.#notify();
        });
        if (this.#hasOldSettings) loaded.settingsChanged();
        for (const action of this.#kept) loaded.onAction(action);
        this.#kept = [];
        this.#notify();
      },
      (error: unknown) => {
        this.#failure = error instanceof Error ? error.message : "unknown";
        this.#options.log.error("ledger", `not opened: ${loggable(error)}`);
        this.#kept = [];
        this.#notify();
      },
    );
  }

  get failure(): string | undefined {
    return this.#failure;
  }

  current(): UsageSnapshot | undefined {
    return this.#loaded?.current();
  }

  tooltip(ref: SessionRef | undefined): string {
    return this.#loaded?.tooltip(ref) ?? "";
  }

  onDidChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async refill(): Promise<void> {
    await this.#loaded?.refill();
  }

  cancelFill(): void {
    this.#loaded?.cancelFill();
  }

  taskHint(task: TaskDescription): ReturnType<LoadedUsage["taskHint"]> {
    return this.#loaded?.taskHint(task);
  }

  budgetHint(ref: SessionRef): ReturnType<LoadedUsage["budgetHint"]> {
    return this.#loaded?.budgetHint(ref);
  }

  async snoozeBudgets(): Promise<void> {
    await this.open();
    await this.#loaded?.snoozeBudgets();
  }

  maintenance(): Promise<UsageMaintenance> {
    return this.#options.maintenance();
  }

  settingsChanged(): void {
    this.#hasOldSettings = this.#opening !== undefined;
    this.#loaded?.settingsChanged();
  }

  placeOf(serverID: string): LedgerPlace | undefined {
    return this.#loaded?.placeOf(serverID);
  }

  statusExtras(ref: SessionRef): SessionStatusExtras {
    return this.#loaded?.statusExtras(ref) ?? { nowMs: Date.now() };
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    this.#listeners.clear();
    await this.#opening;
    await this.#loaded?.dispose();
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
