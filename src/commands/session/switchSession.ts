import * as vscode from "vscode";

import type { CommandID } from "../../platform/ids.ts";
import { activate } from "./activateSession.ts";
import type { CommandContext } from "../commandContext.ts";
import { type ItemAction, pickSession } from "./pickSession.ts";

/**
 * Lets the user pick any session of any server and makes it the window's active one. If another session's
 * page is the active editor, opens the new one's page.
 */
export async function switchSession(context: CommandContext): Promise<void> {
  const ref = await pickSession(context, vscode.l10n.t("Switch Session"), [
    action("graph", vscode.l10n.t("Show Token Breakdown"), "opencodeSessions.openBreakdown"),
    action("fold", vscode.l10n.t("Compact Session"), "opencodeSessions.compactSession"),
    action("terminal", vscode.l10n.t("Open in Terminal"), "opencodeSessions.openInTerminal"),
  ]);
  const { pages } = context.documents;
  const isReading = pages.active !== undefined;
  activate(context, ref, { mayAsk: true });
  if (isReading) pages.open(ref, { tab: "conversation" });
}

function action(icon: string, tooltip: string, id: CommandID): ItemAction {
  return {
    icon,
    tooltip,
    run: (ref) => {
      // Run by id, so that the command's own wrapper reports a failure.
      void vscode.commands.executeCommand(id, ref);
    },
  };
}
