import * as vscode from "vscode";

import type { CommandContext } from "../commandContext.ts";
import {
  acceptPlainHTTP,
  askText,
  askURL,
  checkServer,
  DEFAULT_USERNAME,
  endpointAt,
} from "./serverPrompts.ts";
import { findServer, withServer } from "./serverSettings.ts";

/**
 * Adds a server to the setting: asks for its address, probes it, and asks for its password and a name. The
 * password is stored once it has worked.
 */
export async function addServer(context: CommandContext): Promise<void> {
  const { configuration, passwords } = context;
  const title = vscode.l10n.t("Add Server");
  const url = await askURL(
    title,
    "",
    (each) => findServer(configuration.read().servers, each) !== undefined,
  );
  await acceptPlainHTTP(context, endpointAt(url));
  const checked = await checkServer(context, endpointAt(url), {
    password: await passwords.get(url),
    asksUsername: true,
    mayBeAbsent: true,
  });
  const name = await askText(title, vscode.l10n.t("Name in the tree (default: the address)"), {
    value: "",
    placeHolder: url.replace(/^https?:\/\//, ""),
  });
  // Before writing the setting: that makes the connection ask for the password at once.
  if (checked.password !== undefined) await passwords.store(url, checked.password);
  const username = checked.username === DEFAULT_USERNAME ? "" : checked.username;
  await configuration.write(
    "servers",
    withServer(configuration.read().servers, { url, name, username }),
  );
}
