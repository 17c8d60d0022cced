import * as vscode from "vscode";

import {
  type AttentionItem,
  attentionItems,
  type AttentionMemory,
  dismiss,
  afterLooking,
  newMemory,
  recordFinishedTurns,
  type Presence,
} from "../../core/state/attention.ts";
import {
  parseAttention,
  storedAttention,
  type StoredAttention,
} from "../../core/state/attentionStored.ts";
import type { SessionRef } from "../../core/state/session.ts";
import type { State } from "../../core/state/state.ts";
import type { Store } from "../../core/state/store.ts";
import type { ContextKeys } from "../../platform/contextKeys.ts";

const STORED_AS = "attention";

interface AttentionQueueOptions {
  readonly store: Pick<Store, "state" | "onDidChange">;
  readonly activeSession: {
    readonly current: SessionRef | undefined;
    readonly onDidChange: vscode.Event<SessionRef | undefined>;
  };
  readonly memento: vscode.Memento;
  readonly contextKeys: ContextKeys;
}

/**
 * What waits for the user, across all servers, and which items were seen, which is remembered for the
 * workspace. View, badge, notifications and commands use its items.
 */
export class AttentionQueue {
  readonly #store: AttentionQueueOptions["store"];
  readonly #activeSession: AttentionQueueOptions["activeSession"];
  readonly #contextKeys: ContextKeys;
  readonly #memento: vscode.Memento;
  readonly #changed = new vscode.EventEmitter<readonly AttentionItem[]>();
  readonly #parts: vscode.Disposable;
  #memory: AttentionMemory;
  #before: State;
  #items: readonly AttentionItem[] = [];

  /** Fires with the items after each change. */
  readonly onDidChange: vscode.Event<readonly AttentionItem[]> = this.#changed.event;

  constructor(options: AttentionQueueOptions) {
    const { store, activeSession } = options;
    this.#store = store;
    this.#activeSession = activeSession;
    this.#contextKeys = options.contextKeys;
    this.#memento = options.memento;
    const known = parseAttention(this.#memento.get<unknown>(STORED_AS));
    this.#memory = known ?? newMemory(Date.now());
    if (known === undefined) this.#remember();
    this.#before = store.state;
    const look = (): void => {
      this.#take(afterLooking(this.#memory, this.#presence()));
    };
    this.#parts = vscode.Disposable.from(
      this.#changed,
      new vscode.Disposable(
        store.onDidChange((changes, state) => {
          const before = this.#before;
          this.#before = state;
          const presence = this.#presence();
          this.#take(
            recordFinishedTurns(this.#memory, before, state, changes, presence, Date.now()),
          );
        }),
      ),
      activeSession.onDidChange(look),
      vscode.window.onDidChangeWindowState(look),
    );
    this.#take(this.#memory);
    this.#updateContextKeys();
  }

  /** The items waiting now, in the order of `attentionItems`. */
  get items(): readonly AttentionItem[] {
    return this.#items;
  }

  /** Removes items the user has seen. Requests stay until they are answered. */
  dismiss(items: readonly AttentionItem[]): void {
    const nowMs = Date.now();
    let memory = this.#memory;
    for (const item of items) memory = dismiss(memory, item, nowMs);
    this.#take(memory);
  }

  dispose(): void {
    this.#parts.dispose();
  }

  #presence(): Presence {
    return {
      isFocused: vscode.window.state.focused,
      active: this.#activeSession.current,
    };
  }

  #remember(): void {
    const stored: StoredAttention = storedAttention(this.#memory);
    void this.#memento.update(STORED_AS, stored);
  }

  #take(memory: AttentionMemory): void {
    if (memory !== this.#memory) {
      this.#memory = memory;
      this.#remember();
    }
    const items = attentionItems(this.#store.state, memory);
    if (isSame(items, this.#items)) return;
    // VS Code identifies a row by its object.
    const known = new Map(this.#items.map((item) => [item.key, item]));
    this.#items = items.map((item) => {
      const before = known.get(item.key);
      return before !== undefined && isSame([before], [item]) ? before : item;
    });
    this.#updateContextKeys();
    this.#changed.fire(this.#items);
  }

  #updateContextKeys(): void {
    this.#contextKeys.set("opencodeSessions.needsAttention", this.#items.length > 0);
    this.#contextKeys.set("opencodeSessions.hasDismissable", this.#items.some(isDismissable));
  }
}

/** Whether an item disappears once seen. */
function isDismissable({ kind }: AttentionItem): boolean {
  return kind === "failed" || kind === "finished";
}

function isSame(a: readonly AttentionItem[], b: readonly AttentionItem[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ key, sinceMs, serverID }, index) => {
      const other = b[index];
      return other?.key === key && other.sinceMs === sinceMs && other.serverID === serverID;
    })
  );
}
