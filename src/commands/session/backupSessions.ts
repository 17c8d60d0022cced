import * as vscode from "vscode";

import { descendantsOf, getSession } from "../../core/state/lookup.ts";
import type { SessionRef } from "../../core/state/session.ts";
import { makeConversationFolder, saveConversation } from "../../platform/savedFiles.ts";
import { backupName } from "../../viewModels/documents/cleanUp.ts";
import { formatDateTime } from "../../viewModels/text/format.ts";
import { chosen } from "../ask.ts";
import type { CommandContext } from "../commandContext.ts";
import { valueOf } from "../failure.ts";
import type { Report } from "../withProgress.ts";

/** Lets the user choose the folder for a backup. */
export async function pickBackupFolder(): Promise<vscode.Uri> {
  const folders = await vscode.window.showOpenDialog({
    canSelectFiles: false,
    canSelectFolders: true,
    canSelectMany: false,
    title: vscode.l10n.t("Where should the backup go?"),
    openLabel: vscode.l10n.t("Back Up Here"),
  });
  return chosen(folders?.[0]);
}

/**
 * Writes session trees as JSON files into a new folder, one per session with all its messages. Throws if any
 * cannot be read or written: a backup is complete or fails. Returns the folder and the number of files.
 */
export async function backUp(
  context: CommandContext,
  roots: readonly SessionRef[],
  parent: vscode.Uri,
  signal: AbortSignal,
  report: Report,
): Promise<{ readonly folder: vscode.Uri; readonly files: number }> {
  const { state } = context.store;
  const refs = roots.flatMap((ref) => [ref, ...descendantsOf(state, ref)]);
  const stamp = formatDateTime(Date.now()).replaceAll(":", "").replace(" ", "-");
  const folder = vscode.Uri.joinPath(parent, `opencode-sessions-${stamp}`);
  await makeConversationFolder(folder);
  let files = 0;
  for (const ref of refs) {
    if (signal.aborted) throw new vscode.CancellationError();
    const session = getSession(state, ref);
    const gateway = context.servers.gateway(ref.serverID);
    if (session === undefined || gateway === undefined) continue;
    report(vscode.l10n.t("{0} of {1}", files + 1, refs.length), 100 / refs.length);
    const content = valueOf(await gateway.exportSession(session.id, signal));
    const file = vscode.Uri.joinPath(folder, backupName(session));
    await saveConversation(file, JSON.stringify(content, undefined, 2));
    files++;
  }
  return { folder, files };
}
