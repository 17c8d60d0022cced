import * as vscode from "vscode";

import { cleanTitle } from "../../viewModels/text/format.ts";
import { confirm } from "../ask.ts";
import type { CommandContext } from "../commandContext.ts";
import { Refusal } from "../failure.ts";
import { findServer, withoutServer } from "./serverSettings.ts";
import { serverTarget } from "../target.ts";

/** Removes a server from the setting and forgets its password. The server itself is left alone. */
export async function removeServer(context: CommandContext, argument: unknown): Promise<void> {
  const { configuration, passwords } = context;
  const server = await serverTarget(context, argument, {
    placeHolder: vscode.l10n.t("Remove which server?"),
    none: vscode.l10n.t("No server is in the settings; the others were found automatically."),
    isFit: ({ endpoint }) => endpoint.origin === "settings",
  });
  const { url, name } = server.endpoint;
  if (findServer(configuration.read().servers, url) === undefined) {
    throw new Refusal(
      vscode.l10n.t("This server is not in the settings: it was found automatically."),
    );
  }
  await confirm(
    vscode.l10n.t("Remove the server “{0}”?", cleanTitle(name)),
    vscode.l10n.t(
      "It is removed from the settings, and its password is forgotten. The server keeps running.",
    ),
    vscode.l10n.t("Remove"),
  );
  await configuration.write("servers", withoutServer(configuration.read().servers, url));
  await passwords.forget(url);
}
