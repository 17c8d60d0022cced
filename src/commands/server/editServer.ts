import * as vscode from "vscode";

import type { CommandContext } from "../commandContext.ts";
import { Refusal } from "../failure.ts";
import {
  acceptPlainHTTP,
  askText,
  askURL,
  checkServer,
  DEFAULT_USERNAME,
  endpointAt,
} from "./serverPrompts.ts";
import { findServer, withServerReplaced } from "./serverSettings.ts";
import { serverTarget } from "../target.ts";

/** Edits a server in the setting. A password belongs to an address: changing the address does not carry it over. */
export async function editServer(context: CommandContext, argument: unknown): Promise<void> {
  const { configuration, passwords } = context;
  const server = await serverTarget(context, argument, {
    placeHolder: vscode.l10n.t("Edit which server?"),
    none: vscode.l10n.t("No server is in the settings; the others were found automatically."),
    isFit: ({ endpoint }) => endpoint.origin === "settings",
  });
  const before = findServer(configuration.read().servers, server.endpoint.url);
  if (before === undefined) {
    throw new Refusal(
      vscode.l10n.t("This server is not in the settings: it was found automatically."),
    );
  }

  const title = vscode.l10n.t("Edit Server");
  const url = await askURL(
    title,
    before.url,
    (each) => each !== before.url && findServer(configuration.read().servers, each) !== undefined,
  );
  const hasMoved = url !== before.url;
  await acceptPlainHTTP(context, endpointAt(url));
  const name = await askText(title, vscode.l10n.t("Name in the tree (default: the address)"), {
    value: before.name ?? "",
    placeHolder: url.replace(/^https?:\/\//, ""),
  });
  const username = await askText(title, vscode.l10n.t("User name for the password"), {
    value: before.username ?? "",
    placeHolder: DEFAULT_USERNAME,
  });
  const directory = await askText(
    title,
    vscode.l10n.t("Directory on the server's machine (optional)"),
    { value: before.directory ?? "" },
  );
  const endpoint = endpointAt(url, username === "" ? DEFAULT_USERNAME : username);
  const checked = await checkServer(context, endpoint, {
    password: await passwords.get(url),
    asksUsername: false,
    mayBeAbsent: true,
  });

  if (checked.password !== undefined) await passwords.store(url, checked.password);
  const servers = configuration.read().servers;
  const setting = { url, name, username, directory };
  await configuration.write("servers", withServerReplaced(servers, before.url, setting));
  if (hasMoved) await passwords.forget(before.url);
}
