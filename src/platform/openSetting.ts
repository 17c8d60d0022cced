import * as vscode from "vscode";

import { PREFIX } from "./ids.ts";

/** Opens the settings editor at one of the extension's settings, e.g. `usage.prices`. */
export async function openSetting(key: string): Promise<void> {
  await vscode.commands.executeCommand("workbench.action.openSettings", `${PREFIX}.${key}`);
}
