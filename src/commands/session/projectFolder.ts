import * as vscode from "vscode";

import { showStatus } from "../../platform/messages.ts";
import type { CommandContext } from "../commandContext.ts";
import { Refusal } from "../failure.ts";
import { refuseLostRow } from "../lostRow.ts";
import { projectOf } from "../target.ts";

/** Opens a project's folder in its own window. Only for servers on this machine. */
export async function openProjectFolder(context: CommandContext, argument: unknown): Promise<void> {
  const uri = vscode.Uri.file(folderOf(context, argument));
  await vscode.commands.executeCommand("vscode.openFolder", uri, { forceNewWindow: true });
}

/** Copies the path of a project's folder to the clipboard. */
export async function copyProjectPath(context: CommandContext, argument: unknown): Promise<void> {
  const directory = folderOf(context, argument);
  await vscode.env.clipboard.writeText(directory);
  showStatus(vscode.l10n.t("Copied {0}", directory), 3000);
}

function folderOf(context: CommandContext, argument: unknown): string {
  refuseLostRow(argument);
  const directory = projectOf(context, argument)?.directory;
  if (directory === undefined) {
    throw new Refusal(vscode.l10n.t("The folder of this project is unknown."));
  }
  return directory;
}
