import * as vscode from "vscode";

import type { CommandID } from "../../platform/ids.ts";
import { activate } from "./activateSession.ts";
import type { CommandContext } from "../commandContext.ts";
import { type ItemAction, pickSession } from "./pickSession.ts";

/**
 * Lets a person pick any session of any server and makes it the window's active one. Its page opens where the page of another
 * one is in front.
 */
export async function switchSession(context: CommandContext): Promise<void> {
  const ref = await pickSession(context, vscode.l10n.t("Switch Session"), [
    action("graph", vscode.l10n.t("Show Token Breakdown"), "opencodeSessions.openBreakdown"),
    action("fold", vscode.l10n.t("Compact Session"), "opencodeSessions.compactSession"),
    action("terminal", vscode.l10n.t("Open in Terminal"), "opencodeSessions.openInTerminal"),
  ]);
  if (ref === undefined) return;
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
      // By its id, so that a failure is told by the command's own wrapper.
      void vscode.commands.executeCommand(id, ref);
    },
  };
}
