import * as vscode from "vscode";

import { PREFIX } from "./ids.ts";
import { areOfApplication } from "./settings.ts";

/**
 * Opens the settings editor at one of the extension's settings or a section, e.g. `usage.prices`; at all by default. In a
 * window on another machine, the editor's user page doesn't have settings of the machine, and its remote page doesn't have
 * those of the application.
 */
export async function openSetting(key = ""): Promise<void> {
  const query = `${PREFIX}.${key}`;
  const isRemote = vscode.env.remoteName !== undefined && !areOfApplication(key);
  const command = `workbench.action.${isRemote ? "openRemoteSettings" : "openSettings"}`;
  await vscode.commands.executeCommand(command, { query });
}
