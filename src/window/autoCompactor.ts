import { type Log, loggable } from "../core/log.ts";
import {
  type AutoCompactSettings,
  dueForCompaction,
  ruleOf,
  wasEffective,
} from "../core/state/autoCompact.ts";
import { getSession, sessionModel } from "../core/state/lookup.ts";
import { type ContextFill, contextUse } from "../core/state/selectors.ts";
import type { SessionRef } from "../core/state/session.ts";
import type { State } from "../core/state/state.ts";
import type { Store } from "../core/state/store.ts";
import { turnEnds } from "../core/state/turnEnds.ts";
import type { Gateway } from "../server/gateway.ts";

/**
 * How long a session must be at rest before anything is done to it. Windows share servers: the focused one acts
 * first, and meanwhile the others leave that session alone.
 */
const REST_MS = 1_000;
const REST_BEHIND_MS = 3_000;
const SPREAD_MS = 2_000;

/** `never`: for this session; `off`: for all. */
export type CompactOfferChoice = "compact" | "never" | "off";

/** What a compactor needs from its window. */
export interface CompactingWindow {
  /** Whether the user is in it. */
  readonly isInFront: () => boolean;
  /** Compacts a session, showing progress, receipt and failure; resolves when it is over, however it ended. */
  readonly compact: (ref: SessionRef) => Promise<void>;
  /** Offers to compact a full session, and returns the user's choice. */
  readonly offer: (ref: SessionRef, use: ContextFill) => Promise<CompactOfferChoice | undefined>;
  /** Turns automatic compaction off in the settings, and shows entries there that still offer it. */
  readonly turnOff: () => Promise<void>;
  /** Shows that an offer was accepted after the session no longer needed or allowed compacting. */
  readonly showTooLate: (ref: SessionRef) => void;
}

export interface AutoCompactorOptions {
  readonly window: CompactingWindow;
  readonly store: Pick<Store, "state" | "onDidChange">;
  readonly gateway: (serverID: string) => Gateway | undefined;
  readonly settings: () => AutoCompactSettings;
  /** Runs a task for a session unless it is already running, in this window or another. */
  readonly inOneWindow: (sessionID: string, task: () => Promise<void>) => Promise<unknown>;
  readonly log: Log;
}

/**
 * Compacts sessions whose context is full when a turn ends, or offers to, depending on the settings. Only looks
 * at sessions that were working in this window. Leaves to the server what it compacts automatically, and
 * doesn't automatically compact a session again if a compaction didn't help.
 *
 * A session is known by its ID alone, which is unique across servers: windows may reach its server under different
 * server IDs, and several servers may share its database.
 */
export class AutoCompactor {
  readonly #options: AutoCompactorOptions;
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  /** Sessions offered to the user since they became full. */
  readonly #offered = new Set<string>();
  /** Sessions to leave alone: a compaction didn't help, or the user said so. */
  readonly #leftAlone = new Set<string>();
  readonly #running = new Set<string>();
  readonly #stop: () => void;
  #before: State;

  constructor(options: AutoCompactorOptions) {
    const { store } = options;
    this.#options = options;
    this.#before = store.state;
    this.#stop = store.onDidChange((changes, state) => {
      const before = this.#before;
      this.#before = state;
      for (const end of turnEnds(before, state, changes)) {
        if (end.outcome !== "compacted") this.#schedule(end);
      }
    });
  }

  dispose(): void {
    this.#stop();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #schedule({ serverID, sessionID }: SessionRef): void {
    clearTimeout(this.#timers.get(sessionID));
    const delayMs = this.#options.window.isInFront()
      ? REST_MS
      : REST_BEHIND_MS + Math.random() * SPREAD_MS;
    const timer = setTimeout(() => {
      this.#timers.delete(sessionID);
      void this.#check({ serverID, sessionID });
    }, delayMs);
    this.#timers.set(sessionID, timer);
  }

  async #check(ref: SessionRef): Promise<void> {
    const { store, settings, inOneWindow } = this.#options;
    const rule = ruleOf(store.state, ref, settings());
    if (dueForCompaction(store.state, ref, rule) === undefined) {
      this.#offered.delete(ref.sessionID);
      return;
    }
    if (this.#leftAlone.has(ref.sessionID) || this.#running.has(ref.sessionID)) return;
    await inOneWindow(ref.sessionID, async () => {
      if (await this.#isLeftToServer(ref)) return;
      if (dueForCompaction(store.state, ref, rule) === undefined) return;
      if (rule.mode === "on") await this.#compact(ref);
      else if (!this.#offered.has(ref.sessionID)) await this.#offer(ref);
    });
  }

  /** Whether the server compacts a session this full automatically, or doesn't say. */
  async #isLeftToServer(ref: SessionRef): Promise<boolean> {
    const { store, gateway, log } = this.#options;
    const session = getSession(store.state, ref);
    const model = sessionModel(store.state, ref);
    const server = gateway(ref.serverID);
    if (session === undefined || model === undefined || server === undefined) return true;
    const point = await server.compactsAt(session.directory, model);
    if (!point.ok) {
      log.warn("autoCompact", `${ref.sessionID}: skipped, ${loggable(point.error)}`);
      return true;
    }
    const use = contextUse(store.state, ref);
    const isItsTurn =
      point.value !== undefined && use !== undefined && use.contextTokens >= point.value;
    if (isItsTurn) log.info("autoCompact", `${ref.sessionID}: left to the server's own compaction`);
    return isItsTurn;
  }

  async #offer(ref: SessionRef): Promise<void> {
    const { store, settings, window } = this.#options;
    const use = contextUse(store.state, ref);
    if (use?.percent === undefined) return;
    this.#offered.add(ref.sessionID);
    const choice = await window.offer(ref, use);
    if (choice === "never" || choice === "off") this.#leftAlone.add(ref.sessionID);
    if (choice === "off") await window.turnOff();
    if (choice !== "compact") return;
    // The offer may have been open for a long time.
    const rule = { ...ruleOf(store.state, ref, settings()), mode: "offer" } as const;
    if (dueForCompaction(store.state, ref, rule) !== undefined) await this.#compact(ref);
    else window.showTooLate(ref);
  }

  async #compact(ref: SessionRef): Promise<void> {
    const { store, settings, window, log } = this.#options;
    const before = contextUse(store.state, ref)?.contextTokens;
    if (before === undefined || this.#running.has(ref.sessionID)) return;
    this.#running.add(ref.sessionID);
    log.info("autoCompact", `${ref.sessionID}: compacting ${String(before)} tokens of context`);
    await window.compact(ref);
    this.#running.delete(ref.sessionID);
    const use = contextUse(store.state, ref);
    const effect = { before, after: use?.contextTokens, afterPercent: use?.percent };
    if (wasEffective(effect, ruleOf(store.state, ref, settings()))) {
      this.#offered.delete(ref.sessionID);
      return;
    }
    this.#leftAlone.add(ref.sessionID);
    log.warn(
      "autoCompact",
      `${ref.sessionID}: it did not help, and will not be retried automatically`,
    );
  }
}
