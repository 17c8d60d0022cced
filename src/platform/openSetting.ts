import * as vscode from "vscode";

import { PREFIX } from "./ids.ts";

/**
 * Opens the settings editor at one of the extension's settings, e.g. `usage.prices`; at all of them by default. In a
 * window on another machine, the editor's user page doesn't have settings of the machine, and its remote page doesn't have
 * those of the application.
 */
export async function openSetting(key = ""): Promise<void> {
  const query = `${PREFIX}.${key}`;
  const isRemote = vscode.env.remoteName !== undefined && !key.startsWith("usage.");
  const command = `workbench.action.${isRemote ? "openRemoteSettings" : "openSettings"}`;
  await vscode.commands.executeCommand(command, { query });
}
