import type { Action } from "./actions.ts";
import type { Changes } from "./changes.ts";
import { reduce } from "./reducer.ts";
import { INITIAL_STATE, type State } from "./state.ts";

export type Dispatch = (action: Action) => void;
export type ChangeListener = (changes: Changes, state: State) => void;

/** Minimum time between two flushes. Half of what the eye notices, and keeps the p99 of an event well below 60 ms. */
export const FLUSH_INTERVAL_MS = 30;

/** Whole lists, which the user is waiting for and which arrive only once per connection. */
const AWAITED: ReadonlySet<Action["type"]> = new Set(["snapshot.loaded", "clusterObjects.listed"]);

/**
 * Holds the state. Actions are queued and reduced in batches: the first immediately (on the next turn of the event
 * loop), then at most one batch every `FLUSH_INTERVAL_MS`, except that awaited lists are reduced immediately.
 * Listeners run after each batch that changed something.
 */
export class Store {
  #current: State = INITIAL_STATE;
  #queue: Action[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastFlushMs = Number.NEGATIVE_INFINITY;
  readonly #listeners = new Set<ChangeListener>();
  readonly #intervalMs: number;
  readonly #onListenerError: (error: unknown) => void;

  /** `onListenerError` receives what a listener threw; by default the error is rethrown outside the batch. */
  constructor(
    intervalMs: number = FLUSH_INTERVAL_MS,
    onListenerError: (error: unknown) => void = throwLater,
  ) {
    this.#intervalMs = intervalMs;
    this.#onListenerError = onListenerError;
  }

  get state(): State {
    return this.#current;
  }

  readonly dispatch: Dispatch = (action) => {
    this.#queue.push(action);
    const isAwaited = AWAITED.has(action.type);
    if (this.#timer !== undefined && !isAwaited) return;
    const dueMs = isAwaited ? 0 : this.#lastFlushMs + this.#intervalMs - performance.now();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        this.flush();
      },
      Math.max(0, dueMs),
    );
  };

  /** Reduces the queued actions now. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#queue.length === 0) return;
    const actions = this.#queue;
    this.#queue = [];
    this.#lastFlushMs = performance.now();
    const { state, changes } = reduce(this.#current, actions);
    this.#current = state;
    if (
      changes.sessions.size === 0 &&
      changes.servers.size === 0 &&
      changes.messages.size === 0 &&
      changes.clusters.size === 0 &&
      !changes.structure
    ) {
      return;
    }
    for (const listener of [...this.#listeners]) {
      try {
        listener(changes, state);
      } catch (error) {
        // A failing listener must not keep the others from being notified.
        this.#onListenerError(error);
      }
    }
  }

  /** Calls the listener after each batch, in the order of registration, until the returned function is called. */
  onDidChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#queue = [];
    this.#listeners.clear();
  }
}

/** The store for those who only read: the state never changes but by its actions. */
export type StateReader = Pick<Store, "state" | "onDidChange">;

function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
