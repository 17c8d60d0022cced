import * as vscode from "vscode";

import {
  type AutoCompactSettings,
  dueForCompaction,
  ruleOf,
  wasWorthIt,
} from "../core/autoCompact.ts";
import { getSession, sessionModel } from "../core/lookup.ts";
import { contextUse } from "../core/selectors.ts";
import { sessionKey, type SessionKey, type SessionRef } from "../core/session.ts";
import type { State } from "../core/state.ts";
import type { Store } from "../core/store.ts";
import { turnEnds } from "../core/turnEnds.ts";
import type { CommandID } from "../platform/ids.ts";
import type { OutputLog } from "../platform/log.ts";
import type { Gateway } from "../server/gateway.ts";
import { namesOf } from "../viewModels/attentionRow.ts";
import { formatPercent, formatTokens } from "../viewModels/format.ts";
import { withoutLinks } from "../viewModels/markdown.ts";

/**
 * How long a session must rest before anything is done to it. Windows share servers: the one in front acts
 * first, the others find the compaction begun.
 */
const REST_MS = 1_000;
const REST_BEHIND_MS = 3_000;
const SPREAD_MS = 2_000;

const COMPACT_SESSION: CommandID = "opencodeSessions.compactSession";

interface AutoCompactorOptions {
  readonly store: Pick<Store, "state" | "onDidChange">;
  readonly gateway: (serverID: string) => Gateway | undefined;
  readonly settings: () => AutoCompactSettings;
  readonly log: OutputLog;
}

/**
 * Compacts sessions whose context is full when their turn is over, or offers to, as the settings say. Only
 * sessions that were at work in this window are looked at. What the server compacts by itself is left to it,
 * and a session that a compaction did not help is not compacted by itself again.
 */
export class AutoCompactor {
  readonly #options: AutoCompactorOptions;
  readonly #timers = new Map<SessionKey, ReturnType<typeof setTimeout>>();
  /** Sessions that were offered to a person since they became full. */
  readonly #offered = new Set<SessionKey>();
  /** Sessions to leave alone: a compaction did not help, or a person said so. */
  readonly #leftAlone = new Set<SessionKey>();
  readonly #running = new Set<SessionKey>();
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
    const key = sessionKey(serverID, sessionID);
    clearTimeout(this.#timers.get(key));
    const delayMs = vscode.window.state.focused
      ? REST_MS
      : REST_BEHIND_MS + Math.random() * SPREAD_MS;
    const timer = setTimeout(() => {
      this.#timers.delete(key);
      void this.#check({ serverID, sessionID }, key);
    }, delayMs);
    this.#timers.set(key, timer);
  }

  async #check(ref: SessionRef, key: SessionKey): Promise<void> {
    const { store, settings } = this.#options;
    const rule = ruleOf(store.state, ref, settings());
    if (dueForCompaction(store.state, ref, rule) === undefined) {
      this.#offered.delete(key);
      return;
    }
    if (this.#leftAlone.has(key) || this.#running.has(key)) return;
    if (await this.#isLeftToServer(ref)) return;
    if (dueForCompaction(store.state, ref, rule) === undefined) return;
    if (rule.mode === "on") await this.#compact(ref, key);
    else if (!this.#offered.has(key)) await this.#offer(ref, key);
  }

  /** Whether the server compacts a session this full by itself, or does not say. */
  async #isLeftToServer(ref: SessionRef): Promise<boolean> {
    const { store, gateway, log } = this.#options;
    const session = getSession(store.state, ref);
    const model = sessionModel(store.state, ref);
    const server = gateway(ref.serverID);
    if (session === undefined || model === undefined || server === undefined) return true;
    const point = await server.compactsAt(session.directory, model);
    if (!point.ok) {
      log.warn("autoCompact", `${ref.sessionID}: left alone, ${point.error.message}`);
      return true;
    }
    const use = contextUse(store.state, ref);
    const isItsTurn =
      point.value !== undefined && use !== undefined && use.contextTokens >= point.value;
    if (isItsTurn) log.info("autoCompact", `${ref.sessionID}: left to the server's own compaction`);
    return isItsTurn;
  }

  async #offer(ref: SessionRef, key: SessionKey): Promise<void> {
    const { store, settings } = this.#options;
    const use = contextUse(store.state, ref);
    if (use?.percent === undefined) return;
    this.#offered.add(key);
    const { session, server } = namesOf(store.state, ref);
    const compact = vscode.l10n.t("Compact");
    const never = vscode.l10n.t("Not This Session");
    const choice = await vscode.window.showInformationMessage(
      vscode.l10n.t(
        "“{0}” on {1} fills {2} of its context window ({3} of {4} tokens).",
        withoutLinks(session),
        server,
        formatPercent(use.percent),
        formatTokens(use.contextTokens),
        formatTokens(use.contextLimit ?? 0),
      ),
      compact,
      never,
    );
    if (choice === never) this.#leftAlone.add(key);
    if (choice !== compact) return;
    // The offer may have stood there for long.
    const rule = { ...ruleOf(store.state, ref, settings()), mode: "offer" } as const;
    if (dueForCompaction(store.state, ref, rule) !== undefined) await this.#compact(ref, key);
    else {
      void vscode.window.showInformationMessage(
        vscode.l10n.t(
          "“{0}” is at work again, or has room again: nothing was compacted.",
          withoutLinks(session),
        ),
      );
    }
  }

  /** Compacts by the command, which tells progress, receipt and failure. */
  async #compact(ref: SessionRef, key: SessionKey): Promise<void> {
    const { store, settings, log } = this.#options;
    const before = contextUse(store.state, ref)?.contextTokens;
    if (before === undefined || this.#running.has(key)) return;
    this.#running.add(key);
    log.info("autoCompact", `${ref.sessionID}: compacting ${String(before)} tokens of context`);
    await vscode.commands.executeCommand(COMPACT_SESSION, { ...ref, isConfirmed: true });
    this.#running.delete(key);
    const use = contextUse(store.state, ref);
    const effect = { before, after: use?.contextTokens, afterPercent: use?.percent };
    if (wasWorthIt(effect, ruleOf(store.state, ref, settings()))) {
      this.#offered.delete(key);
      return;
    }
    this.#leftAlone.add(key);
    log.warn("autoCompact", `${ref.sessionID}: it did not help, and is not tried by itself again`);
  }
}
