import * as vscode from "vscode";

import { PREFIX } from "../platform/ids.ts";

/** Opens the settings editor, filtered to this extension's settings. */
export async function openSettings(): Promise<void> {
  await vscode.commands.executeCommand("workbench.action.openSettings", `${PREFIX}.`);
}
