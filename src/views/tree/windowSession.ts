import * as vscode from "vscode";

import { getSession } from "../../core/state/lookup.ts";
import { sessionKey, type SessionRef } from "../../core/state/session.ts";
import type { Store } from "../../core/state/store.ts";
import type { ContextKeys } from "../../platform/contextKeys.ts";
import { Remembered } from "../../platform/memory.ts";
import { activeSession } from "../../viewModels/tree/activeSession.ts";
import type { TreeOptions } from "../../viewModels/tree/sessionTree.ts";
import { Paced } from "../paced.ts";

/** The decision looks at every root session, so it isn't made on every event. */
const INTERVAL_MS = 250;

/**
 * The window's active session: the one the user picked, remembered for the workspace, else the one with the
 * newest activity in the window's folders. Status bar, tree and charts follow it.
 */
export class WindowSession {
  readonly #store: Pick<Store, "state" | "onDidChange">;
  readonly #options: { readonly current: TreeOptions };
  readonly #contextKeys: ContextKeys;
  readonly #remembered: Remembered<SessionRef>;
  readonly #changed = new vscode.EventEmitter<SessionRef | undefined>();
  readonly #update = new Paced(INTERVAL_MS, () => {
    this.#decide();
  });
  readonly #parts: vscode.Disposable;
  #picked: SessionRef | undefined;
  #current: SessionRef | undefined;

  /** Fires with the new active session, undefined if there is none. */
  readonly onDidChange: vscode.Event<SessionRef | undefined> = this.#changed.event;

  constructor(options: {
    readonly store: Pick<Store, "state" | "onDidChange">;
    readonly treeOptions: {
      readonly current: TreeOptions;
      readonly onDidChange: vscode.Event<TreeOptions>;
    };
    readonly memento: vscode.Memento;
    readonly contextKeys: ContextKeys;
  }) {
    this.#store = options.store;
    this.#options = options.treeOptions;
    this.#contextKeys = options.contextKeys;
    this.#remembered = new Remembered(options.memento, "activeSession", parseRef);
    this.#picked = this.#remembered.get();
    const stop = options.store.onDidChange((changes) => {
      const { size } = changes.sessions;
      // A picked session only changes when it disappears, or another server takes over showing it.
      if (
        changes.structure ||
        changes.servers.size > 0 ||
        (size > 0 && this.#picked === undefined)
      ) {
        this.#update.request();
      }
    });
    this.#parts = vscode.Disposable.from(
      new vscode.Disposable(stop),
      this.#update,
      this.#changed,
      options.treeOptions.onDidChange(() => {
        this.#update.request();
      }),
    );
    this.#decide();
  }

  get current(): SessionRef | undefined {
    return this.#current;
  }

  /** Makes a session the active one; `undefined` returns to following the newest activity. */
  pick(ref: SessionRef | undefined): void {
    this.#picked = ref;
    this.#remembered.set(ref);
    this.#decide();
  }

  dispose(): void {
    this.#parts.dispose();
  }

  #decide(): void {
    const { state } = this.#store;
    const decision = activeSession(state, this.#picked, this.#options.current.folders);
    if (this.#picked !== undefined && decision.picked === undefined) {
      this.#picked = undefined;
      this.#remembered.set(undefined);
    }
    const { ref } = decision;
    this.#contextKeys.set(
      "opencodeSessions.hasActiveSession",
      ref !== undefined && getSession(state, ref) !== undefined,
    );
    if (isSame(ref, this.#current)) return;
    this.#current = ref;
    this.#changed.fire(ref);
  }
}

function isSame(a: SessionRef | undefined, b: SessionRef | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return sessionKey(a.serverID, a.sessionID) === sessionKey(b.serverID, b.sessionID);
}

function parseRef(stored: unknown): SessionRef | undefined {
  if (typeof stored !== "object" || stored === null) return undefined;
  if (!("serverID" in stored) || !("sessionID" in stored)) return undefined;
  const { serverID, sessionID } = stored;
  return typeof serverID === "string" && typeof sessionID === "string"
    ? { serverID, sessionID }
    : undefined;
}
