import * as vscode from "vscode";

import type { BudgetUse } from "../../core/usage/budget.ts";
import {
  budgetAlerts,
  budgetKey,
  type BudgetMemory,
  isMuted,
  isSnoozed,
  muteBudget,
  NO_BUDGET_MEMORY,
  parseBudgetMemory,
  REACHED_PERCENT,
  snoozeBudget,
} from "../../core/usage/budgetAlerts.ts";
import { sessionKey, type SessionRef } from "../../core/state/session.ts";
import type { UsageSnapshot } from "../../core/usage/usageSource.ts";
import { type CommandID } from "../../platform/ids.ts";
import { Remembered } from "../../platform/memory.ts";
import { pickOne, showInformation, showWarning } from "../../platform/messages.ts";
import { openSetting } from "../../platform/openSetting.ts";
import {
  type BudgetNames,
  budgetReached,
  budgetWarning,
} from "../../viewModels/usage/budgetText.ts";
import { Paced } from "../paced.ts";
import type { WindowTurns } from "./windowTurns.ts";

export interface BudgetNotifierOptions {
  readonly snapshot: () => UsageSnapshot;
  readonly names: BudgetNames;
  /** The user's, shared by all windows: no alert is shown twice. */
  readonly memento: vscode.Memento;
  /** Whether the setting has any budgets. */
  readonly isSet: () => boolean;
  readonly stopsAutomatically: () => boolean;
  /** Busy sessions that count against a budget. */
  readonly busySessions: (use: BudgetUse) => readonly SessionRef[];
  /** Stops them; returns how many could be stopped, and reports errors itself. */
  readonly stop: (refs: readonly SessionRef[]) => Promise<number>;
  readonly turns: WindowTurns;
}

/** Minimum interval between budget checks. */
const LOOK_MS = 1_000;
/** Delay in an unfocused window, so that another window alerts first and this one learns of it. */
const UNFOCUSED_MS = 3_000;

/** The longest a stopped session takes to report that it is idle. */
const STOPPING_MS = 15_000;

const OPEN_USAGE: CommandID = "opencodeSessions.openUsage";

/** A button and its action. */
interface Choice extends vscode.MessageItem {
  readonly run: () => unknown;
}

/**
 * Warns once when a budget is nearly exhausted, and when it is, asks whether to stop the busy sessions; if
 * allowed, stops them automatically. Which alerts were shown survives a restart.
 */
export class BudgetNotifier {
  readonly #options: BudgetNotifierOptions;
  readonly #memory: Remembered<BudgetMemory>;
  readonly #look: Paced;
  readonly #windowState: vscode.Disposable;
  #waitedSinceMs: number | undefined;
  #isStopping = false;
  /** When sessions were stopped, by session key. */
  readonly #stopped = new Map<string, number>();

  constructor(options: BudgetNotifierOptions) {
    this.#options = options;
    this.#memory = new Remembered(options.memento, "budgetAlerts", parseBudgetMemory);
    this.#look = new Paced(LOOK_MS, () => {
      this.#check();
    });
    this.#windowState = vscode.window.onDidChangeWindowState(() => {
      this.#look.request();
    });
  }

  /** Call when usage or the busy sessions have changed. */
  update(): void {
    this.#look.request();
  }

  /** Asks how long to snooze an exhausted budget, and does so. */
  async snooze(): Promise<void> {
    if (!this.#options.isSet()) {
      const set: Choice = { ...settingsChoice(), title: vscode.l10n.t("Set Budgets…") };
      void showInformation(vscode.l10n.t("No budgets are set."), set).then((choice) =>
        choice?.run(),
      );
      return;
    }
    const reached = this.#options.snapshot().budgets.filter(isReached);
    if (reached.length === 0) {
      void showInformation(vscode.l10n.t("No budget has been reached."));
      return;
    }
    await this.#snooze(reached);
  }

  dispose(): void {
    this.#look.dispose();
    this.#windowState.dispose();
  }

  #check(): void {
    const { snapshot, busySessions, stopsAutomatically } = this.#options;
    const { budgets } = snapshot();
    if (budgets.length === 0) return;
    const nowMs = Date.now();
    const memory = this.#memory.get() ?? NO_BUDGET_MEMORY;
    if (stopsAutomatically()) this.#stopWork(budgets, memory, nowMs);
    const due = budgetAlerts(budgets, memory, nowMs, (use) => busySessions(use).length > 0);
    if (due.alerts.length === 0) {
      this.#waitedSinceMs = undefined;
      return;
    }
    if (!vscode.window.state.focused) {
      const clockMs = performance.now();
      this.#waitedSinceMs ??= clockMs;
      const dueMs = this.#waitedSinceMs + UNFOCUSED_MS;
      if (clockMs < dueMs) {
        this.#look.request(dueMs - clockMs);
        return;
      }
    }
    this.#waitedSinceMs = undefined;
    this.#memory.set(due.memory);
    for (const { kind, use } of due.alerts) {
      // An automatic stop reports itself once it is done.
      if (kind === "reached" && stopsAutomatically() && busySessions(use).length > 0) continue;
      void this.#ifFirst(`${kind} ${budgetKey(use)}`, () => {
        if (kind === "warn") this.#warn(use);
        else this.#ask(use);
      });
    }
  }

  /** Shows an alert unless another window has just done so. */
  async #ifFirst(thing: string, tell: () => void): Promise<void> {
    const { turns } = this.#options;
    const isFirst = await turns.claim(thing);
    turns.release(thing);
    if (isFirst) tell();
  }

  #warn(use: BudgetUse): void {
    const { snapshot, names } = this.#options;
    const message = budgetWarning(use, names, snapshot().currency);
    show(message, [usageChoice(), settingsChoice(), this.#neverChoice(use)]);
  }

  #ask(use: BudgetUse): void {
    const { snapshot, names, busySessions, stop } = this.#options;
    const count = busySessions(use).length;
    const message = budgetReached(use, names, snapshot().currency, { busySessions: count });
    const stopThem: Choice = {
      title: vscode.l10n.t("Stop"),
      // The question may be old: stop the sessions that are busy now.
      run: () => stop(busySessions(use)),
    };
    // Three at most: more buttons leave no room for the text.
    show(message, [
      count > 0 ? stopThem : settingsChoice(),
      this.#snoozeChoice(use),
      this.#neverChoice(use),
    ]);
  }

  #stopWork(budgets: readonly BudgetUse[], memory: BudgetMemory, nowMs: number): void {
    const { busySessions, stop, names, snapshot } = this.#options;
    if (this.#isStopping) return;
    for (const use of budgets) {
      if (!isReached(use) || isSnoozed(memory, use, nowMs)) continue;
      const refs = busySessions(use).filter(({ serverID, sessionID }) => {
        const stoppedMs = this.#stopped.get(sessionKey(serverID, sessionID)) ?? -Infinity;
        return nowMs - stoppedMs > STOPPING_MS;
      });
      if (refs.length === 0) continue;
      for (const { serverID, sessionID } of refs) {
        this.#stopped.set(sessionKey(serverID, sessionID), nowMs);
      }
      this.#isStopping = true;
      void stop(refs)
        .then((stopped) => {
          if (stopped === 0 || isMuted(this.#memory.get() ?? NO_BUDGET_MEMORY, use)) return;
          const sessions = refs.map(({ serverID, sessionID }) => sessionKey(serverID, sessionID));
          void this.#ifFirst(`stopped ${budgetKey(use)} ${sessions.sort().join()}`, () => {
            const message = budgetReached(use, names, snapshot().currency, { stopped });
            show(message, [settingsChoice(), this.#snoozeChoice(use), this.#neverChoice(use)]);
          });
        })
        .finally(() => {
          this.#isStopping = false;
          this.#look.request();
        });
      return;
    }
  }

  #snoozeChoice(use: BudgetUse): Choice {
    return { title: vscode.l10n.t("Snooze…"), run: () => this.#snooze([use]) };
  }

  /** Until the budget's setting changes: a period later the same message would only be shown again. */
  #neverChoice(use: BudgetUse): Choice {
    return {
      title: vscode.l10n.t("Don't Show Again"),
      run: () => {
        this.#memory.set(muteBudget(this.#memory.get() ?? NO_BUDGET_MEMORY, use));
      },
    };
  }

  async #snooze(uses: readonly BudgetUse[]): Promise<void> {
    const choices = [
      { label: vscode.l10n.t("15 minutes"), minutes: 15 },
      { label: vscode.l10n.t("1 hour"), minutes: 60 },
      { label: vscode.l10n.t("8 hours"), minutes: 480 },
      { label: vscode.l10n.t("7 days"), minutes: 7 * 24 * 60 },
    ];
    const picked = await pickOne(choices, {
      placeHolder: vscode.l10n.t("Snooze this budget for"),
    });
    if (picked === undefined) return;
    const nowMs = Date.now();
    let memory = this.#memory.get() ?? NO_BUDGET_MEMORY;
    for (const use of uses) {
      // eslint-disable-next-line project/monotonic-waits -- the user's time, which outlives the window
      memory = snoozeBudget(memory, use, nowMs + picked.minutes * 60_000, nowMs);
    }
    this.#memory.set(memory);
  }
}

function isReached({ percent }: BudgetUse): boolean {
  return percent >= REACHED_PERCENT;
}

function usageChoice(): Choice {
  return {
    title: vscode.l10n.t("Show Usage"),
    run: () => vscode.commands.executeCommand(OPEN_USAGE),
  };
}

function settingsChoice(): Choice {
  return {
    title: vscode.l10n.t("Budgets…"),
    run: () => openSetting("budgets"),
  };
}

function show(message: string, choices: readonly Choice[]): void {
  void showWarning(message, ...choices).then((choice) => choice?.run());
}
