import * as vscode from "vscode";

import type { Store } from "../core/state/store.ts";
import type { CommandID } from "../platform/ids.ts";
import type { Configuration } from "../platform/configuration.ts";
import { showInformation } from "../platform/messages.ts";
import { openSetting } from "../platform/openSetting.ts";
import { namesOf } from "../viewModels/attention/attentionRow.ts";
import { formatPercent, formatTokens } from "../viewModels/text/format.ts";
import type { CompactingWindow } from "./autoCompactor.ts";

const COMPACT_SESSION: CommandID = "opencodeSessions.compactSession";

/** This window, as needed by automatic compaction. */
export function compactingWindow(
  store: Pick<Store, "state">,
  configuration: Pick<Configuration, "read" | "write">,
): CompactingWindow {
  return {
    isInFront: () => vscode.window.state.focused,
    compact: async (ref) => {
      await vscode.commands.executeCommand(COMPACT_SESSION, { ...ref, isConfirmed: true });
    },
    offer: async (ref, use) => {
      const { session, server } = namesOf(store.state, ref);
      const compact = vscode.l10n.t("Compact");
      const never = vscode.l10n.t("Not This Session");
      const off = vscode.l10n.t("Don't Show Again");
      const choice = await showInformation(
        vscode.l10n.t(
          "“{0}” on {1} fills {2} of its context window ({3} of {4} tokens).",
          session,
          server,
          formatPercent(use.percent ?? 0),
          formatTokens(use.contextTokens),
          formatTokens(use.contextLimit ?? 0),
        ),
        compact,
        never,
        off,
      );
      if (choice === compact) return "compact";
      if (choice === never) return "never";
      return choice === off ? "off" : undefined;
    },
    turnOff: async () => {
      await configuration.write("autoCompact.mode", "off");
      const { overrides } = configuration.read().autoCompact;
      if (overrides.some(({ mode }) => mode === "offer")) {
        await openSetting("autoCompact.overrides");
      }
    },
    showTooLate: (ref) => {
      const { session } = namesOf(store.state, ref);
      void showInformation(
        vscode.l10n.t(
          "“{0}” was not compacted: it is running again, or its context is no longer full.",
          session,
        ),
      );
    },
  };
}
