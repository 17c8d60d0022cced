import * as vscode from "vscode";

import type { CommandContext } from "./commandContext.ts";
import { Refusal } from "./failure.ts";
import { withProgress } from "./withProgress.ts";

/** A fill begins within this time, or there is nothing to fill from. */
const BEGIN_MS = 2_000;

/** Reads what changed on all servers into the ledger, with its progress; cancelling keeps what was read. */
export async function refreshUsage({ usage }: CommandContext): Promise<void> {
  await usage.open();
  if (usage.current() === undefined) {
    throw new Refusal(vscode.l10n.t("The usage ledger cannot be opened: {0}", usage.failure ?? ""));
  }
  usage.refill();
  await withProgress(vscode.l10n.t("Reading the usage history…"), async (signal, report) => {
    let percent = 0;
    await new Promise<void>((resolve) => {
      let hasBegun = false;
      const begin = setTimeout(() => {
        if (!hasBegun) end();
      }, BEGIN_MS);
      const stop = usage.onDidChange(() => {
        const fill = usage.current()?.fill;
        if (fill === undefined) {
          if (hasBegun) end();
          return;
        }
        hasBegun = true;
        const { sessions, allSessions } = fill.progress ?? { sessions: 0, allSessions: 0 };
        const now = allSessions === 0 ? 0 : (sessions / allSessions) * 100;
        const text =
          allSessions === 0
            ? fill.name
            : vscode.l10n.t("{0}: {1} of {2} sessions", fill.name, sessions, allSessions);
        report(text, Math.max(0, now - percent));
        percent = now;
      });
      const cancel = (): void => {
        usage.cancelFill();
        end();
      };
      const end = (): void => {
        clearTimeout(begin);
        stop();
        signal.removeEventListener("abort", cancel);
        resolve();
      };
      signal.addEventListener("abort", cancel);
    });
  });
}
