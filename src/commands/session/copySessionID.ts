import * as vscode from "vscode";

import { showStatus } from "../../platform/messages.ts";
import type { CommandContext } from "../commandContext.ts";
import { sessionTarget } from "../target.ts";

/** Copies a session's id to the clipboard, for `opencode -s`. */
export async function copySessionID(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Copy Session ID"));
  await vscode.env.clipboard.writeText(target.session.id);
  showStatus(vscode.l10n.t("Copied {0}", target.session.id), 3000);
}
