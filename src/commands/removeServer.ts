import * as vscode from "vscode";

import { cleanTitle } from "../viewModels/format.ts";
import type { CommandContext } from "./commandContext.ts";
import { Refusal } from "./failure.ts";
import { findServer, withoutServer } from "./serverSettings.ts";
import { serverTarget } from "./target.ts";

/** Takes a server off the setting and forgets its password. The server itself is left alone. */
export async function removeServer(context: CommandContext, argument: unknown): Promise<void> {
  const { configuration, passwords } = context;
  const server = await serverTarget(context, argument, {
    placeHolder: vscode.l10n.t("Remove which server?"),
    none: vscode.l10n.t("No server is in the settings; the others are found by themselves."),
    isFit: ({ endpoint }) => endpoint.origin === "settings",
  });
  if (server === undefined) return;
  const { url, name } = server.endpoint;
  if (findServer(configuration.read().servers, url) === undefined) {
    throw new Refusal(vscode.l10n.t("This server is not in the settings: it was found by itself."));
  }
  const remove = vscode.l10n.t("Remove");
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t("Remove the server “{0}”?", cleanTitle(name)),
    {
      modal: true,
      detail: vscode.l10n.t(
        "It leaves the settings, and its password is forgotten. The server runs on.",
      ),
    },
    remove,
  );
  if (answer !== remove) return;
  await configuration.write("servers", withoutServer(configuration.read().servers, url));
  await passwords.forget(url);
}
