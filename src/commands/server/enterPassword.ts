import * as vscode from "vscode";

import { passwordKey } from "../../core/credentialPolicy.ts";
import type { CommandContext } from "../commandContext.ts";
import { acceptPlainHTTP, checkServer } from "./serverPrompts.ts";
import { serverTarget } from "../target.ts";

/** Asks for the password of a server that requires one, and stores it once it has worked. */
export async function enterPassword(context: CommandContext, argument: unknown): Promise<void> {
  const server = await serverTarget(context, argument, {
    placeHolder: vscode.l10n.t("Enter the password of which server?"),
    none: vscode.l10n.t("No server requires a password."),
    isFit: ({ connection }) =>
      connection.kind === "unauthorized" && connection.needs === "password",
  });
  const { endpoint } = server;
  await acceptPlainHTTP(context, endpoint);
  const checked = await checkServer(context, endpoint, {
    password: undefined,
    asksUsername: false,
    mayBeAbsent: false,
  });
  if (checked.password === undefined) context.servers.reconnect(endpoint.serverID);
  // The change in the secret storage makes every window reconnect.
  else await context.passwords.store(passwordKey(endpoint), checked.password);
}
