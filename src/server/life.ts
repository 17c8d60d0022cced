import { t } from "../core/language.ts";
import { setMaxListeners } from "node:events";
import { ServerError } from "../core/errors.ts";
import type { Dispatch } from "../core/state/store.ts";
import { unlessAborted } from "../core/timeLimit.ts";

/**
 * One attempt at a connection, from its first request until it failed or its stream ended. What it starts
 * belongs to it: requests and streams by `signal`, waits by `later`, facts by `dispatch`. Once it is over all
 * of that is dead, so that no late answer of one life can change what the next one says.
 */
export class Life {
  /** Counts the lives of a connection, from 1: for the log. */
  readonly number: number;
  /** Passes an action on while the life lasts, and drops it afterwards. */
  readonly dispatch: Dispatch;
  /** Resolves with why the life is over. */
  readonly ended: Promise<ServerError>;
  private readonly controller = new AbortController();
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(number: number, dispatch: Dispatch) {
    this.number = number;
    // Every request listens.
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
    return this.controller.signal;
  }

  get isOver(): boolean {
    return this.signal.aborted;
  }

  /** Ends everything that belongs to this life. Only the first reason counts. */
  end(reason: ServerError): void {
    if (this.isOver) return;
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.controller.abort(reason);
  }

  /** Waits for something, but no longer than the life lasts: then it rejects with the life's end. */
  during<T>(promise: Promise<T>): Promise<T> {
    return unlessAborted(this.signal, promise);
  }

  /** Starts something that nobody waits for. What it throws ends the life. */
  start(task: () => Promise<unknown>): void {
    if (this.isOver) return;
    task().catch((error: unknown) => {
      this.end(asServerError(error));
    });
  }

  /** Starts a task after a delay; asked again for the same key, the delay begins again. */
  later(key: string, delayMs: number, task: () => Promise<unknown>): void {
    if (this.isOver) return;
    this.cancel(key);
    this.timers.set(
      key,
      setTimeout(() => {
        this.timers.delete(key);
        this.start(task);
      }, delayMs),
    );
  }

  /** Whether a task waits under this key. */
  isDue(key: string): boolean {
    return this.timers.has(key);
  }

  cancel(key: string): void {
    clearTimeout(this.timers.get(key));
    this.timers.delete(key);
  }
}

/**
 * What was thrown as a reason that can be shown and logged. Other errors than ours are named by their class alone:
 * their message may quote what a server or a secret store said.
 */
export function asServerError(error: unknown): ServerError {
  if (ServerError.is(error)) return error;
  const name = error instanceof Error ? error.name : typeof error;
  return new ServerError("invalidResponse", t`the connection failed unexpectedly (${name})`, {
    cause: error,
  });
}
