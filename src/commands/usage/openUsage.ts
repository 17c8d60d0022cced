import * as vscode from "vscode";

import type { UsageSnapshot } from "../../core/usage/usageSource.ts";
import type { CommandContext } from "../commandContext.ts";
import { Refusal } from "../failure.ts";
import { withProgress } from "../withProgress.ts";

/** Opens the usage charts, or brings them to the front. */
export function openUsage({ documents }: CommandContext): void {
  documents.openUsage();
}

/** Reads what changed on all servers into the ledger, showing progress; cancelling keeps what was read. */
export async function refreshUsage({ usage }: CommandContext): Promise<void> {
  await openLedger(usage);
  await withProgress(vscode.l10n.t("Reading the usage history…"), async (signal, report) => {
    let percent = 0;
    const stop = usage.onDidChange(() => {
      const fill = usage.current()?.fill;
      if (fill?.progress === undefined) return;
      const { sessions, allSessions } = fill.progress;
      const now = allSessions === 0 ? 0 : (sessions / allSessions) * 100;
      report(
        vscode.l10n.t("{0}: {1} of {2} sessions", fill.name, sessions, allSessions),
        Math.max(0, now - percent),
      );
      percent = now;
    });
    signal.addEventListener("abort", () => {
      usage.cancelFill();
    });
    await usage.refill();
    stop();
  });
}

/** What the ledger knows; refuses if it can't be opened. */
export async function openLedger(usage: CommandContext["usage"]): Promise<UsageSnapshot> {
  await usage.open();
  const snapshot = usage.current();
  if (snapshot !== undefined) return snapshot;
  throw new Refusal(vscode.l10n.t("The usage ledger cannot be opened: {0}", usage.failure ?? ""));
}
