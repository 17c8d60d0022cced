import * as vscode from "vscode";

import type { CommandContext } from "../commandContext.ts";
import { serverTarget } from "../target.ts";

/** Reconnects to a server without waiting for the next attempt. */
export async function reconnectServer(context: CommandContext, argument: unknown): Promise<void> {
  const server = await serverTarget(context, argument, {
    placeHolder: vscode.l10n.t("Reconnect to which server?"),
    none: vscode.l10n.t("There is no server."),
  });
  context.servers.reconnect(server.endpoint.serverID);
}
