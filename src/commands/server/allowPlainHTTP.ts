import * as vscode from "vscode";

import type { CommandContext } from "../commandContext.ts";
import { acceptPlainHTTP } from "./serverPrompts.ts";
import { serverTarget } from "../target.ts";

/** Allows plain HTTP to a server on another machine. Changing the setting makes every window connect. */
export async function allowPlainHTTP(context: CommandContext, argument: unknown): Promise<void> {
  const server = await serverTarget(context, argument, {
    placeHolder: vscode.l10n.t("Allow an unencrypted connection to which server?"),
    none: vscode.l10n.t("No server needs this."),
    isFit: ({ connection }) =>
      connection.kind === "unauthorized" && connection.needs === "plainHTTP",
  });
  await acceptPlainHTTP(context, server.endpoint);
}
