import { t } from "../core/language.ts";
import { setMaxListeners } from "node:events";
import { ServerError } from "../core/errors.ts";
import type { Dispatch } from "../core/state/store.ts";
import { unlessAborted } from "../core/timeLimit.ts";

/**
 * One connection attempt, from its first request until it fails or its stream ends. What it starts belongs to
 * it: requests and streams through `signal`, waits through `later`, facts through `dispatch`. Once it is
 * over, all of that is dead, so that no late answer of one life can affect the next.
 */
export class Life {
  /** Numbers the lives of a connection from 1, for the log. */
  readonly number: number;
  /** Passes actions on while the life lasts, and drops them afterwards. */
  readonly dispatch: Dispatch;
  /** Resolves with the reason when the life is over. */
  readonly ended: Promise<ServerError>;
  readonly #controller = new AbortController();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(number: number, dispatch: Dispatch) {
    this.number = number;
    // Every request adds a listener.
    setMaxListeners(0, this.signal);
    this.dispatch = (action) => {
      if (!this.isOver) dispatch(action);
    };
    this.ended = new Promise((resolve) => {
      this.signal.addEventListener("abort", () => {
        resolve(asServerError(this.signal.reason));
      });
    });
  }

  /** Aborts when the life is over; its reason is a `ServerError`. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isOver(): boolean {
    return this.signal.aborted;
  }

  /** Ends everything that belongs to this life. Only the first reason counts. */
  end(reason: ServerError): void {
    if (this.isOver) return;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#controller.abort(reason);
  }

  /** Waits for a promise, but no longer than the life lasts: then it rejects with the reason for the life's end. */
  during<T>(promise: Promise<T>): Promise<T> {
    return unlessAborted(this.signal, promise);
  }

  /** Starts a task that nobody awaits. Anything it throws ends the life. */
  start(task: () => Promise<unknown>): void {
    if (this.isOver) return;
    task().catch((error: unknown) => {
      this.end(asServerError(error));
    });
  }

  /** Starts a task after a delay; another call with the same key replaces it and restarts the delay. */
  schedule(key: string, delayMs: number, task: () => Promise<unknown>): void {
    if (this.isOver) return;
    this.cancel(key);
    this.#timers.set(
      key,
      setTimeout(() => {
        this.#timers.delete(key);
        this.start(task);
      }, delayMs),
    );
  }

  /** Whether a task is scheduled under this key. */
  isScheduled(key: string): boolean {
    return this.#timers.has(key);
  }

  cancel(key: string): void {
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
  }
}

/**
 * Turns a thrown value into a reason that can be shown and logged. Errors that aren't ours are only named by
 * their class: their message may quote what a server or a secret store said.
 */
export function asServerError(error: unknown): ServerError {
  if (ServerError.is(error)) return error;
  const name = error instanceof Error ? error.name : typeof error;
  return new ServerError("invalidResponse", t`the connection failed unexpectedly (${name})`, {
    cause: error,
  });
}
