import * as vscode from "vscode";

import { showStatus } from "../../platform/messages.ts";
import type { CommandContext } from "../commandContext.ts";
import { Refusal } from "../failure.ts";
import { serverTarget } from "../target.ts";

/** Copies the address of a server, or of a session's server, to the clipboard. */
export async function copyServerURL(context: CommandContext, argument: unknown): Promise<void> {
  const server = await serverTarget(context, argument, {
    placeHolder: vscode.l10n.t("Copy the URL of which server?"),
    none: vscode.l10n.t("There is no server."),
  });
  if (server.endpoint.isTunnel === true) {
    throw new Refusal(
      vscode.l10n.t("The agent is reached through its cluster and has no address on this machine."),
    );
  }
  await vscode.env.clipboard.writeText(server.endpoint.url);
  showStatus(vscode.l10n.t("Copied {0}", server.endpoint.url), 3000);
}
