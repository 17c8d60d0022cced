import * as vscode from "vscode";

import type { CommandContext } from "./commandContext.ts";
import { serverTarget } from "./target.ts";

/** Puts the address of a server, or of a session's server, on the clipboard. */
export async function copyServerURL(context: CommandContext, argument: unknown): Promise<void> {
  const server = await serverTarget(context, argument, {
    placeHolder: vscode.l10n.t("Copy the URL of which server?"),
    none: vscode.l10n.t("There is no server."),
  });
  if (server === undefined) return;
  await vscode.env.clipboard.writeText(server.endpoint.url);
  vscode.window.setStatusBarMessage(vscode.l10n.t("Copied {0}", server.endpoint.url), 3000);
}
