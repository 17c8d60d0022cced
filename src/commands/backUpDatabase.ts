import * as vscode from "vscode";

import { formatBytes, formatDateTime, formatDuration } from "../viewModels/format.ts";
import { plural } from "../viewModels/sessionFigures.ts";
import type { CommandContext } from "./commandContext.ts";
import { Refusal } from "./failure.ts";
import { withProgress } from "./withProgress.ts";

/** Writes a consistent copy of OpenCode's database, while its servers go on. */
export async function backUpDatabase(context: CommandContext): Promise<void> {
  const care = await context.usage.care();
  const databases = await care.databases();
  if (databases.length === 0) {
    throw new Refusal(
      vscode.l10n.t("No database of OpenCode is known on this machine: connect its server first."),
    );
  }
  const database = await pickDatabase(databases);
  if (database === undefined) return;
  const stamp = formatDateTime(Date.now()).replaceAll(":", "").replace(" ", "-");
  const target = await vscode.window.showSaveDialog({
    title: vscode.l10n.t("Where shall the backup go?"),
    saveLabel: vscode.l10n.t("Back Up"),
    defaultUri: vscode.Uri.joinPath(vscode.Uri.file(database), "..", `opencode-backup-${stamp}.db`),
    filters: { SQLite: ["db"] },
  });
  if (target === undefined) return;
  if (target.scheme !== "file") {
    throw new Refusal(vscode.l10n.t("The backup must go to a file of this machine."));
  }
  if (databases.includes(target.fsPath)) {
    throw new Refusal(vscode.l10n.t("A database cannot be backed up onto one that is in use."));
  }
  const outcome = await withProgress(vscode.l10n.t("Backing up the database…"), (signal) =>
    care.backUp(database, target.fsPath, signal),
  );
  switch (outcome.kind) {
    case "cancelled":
      return;
    case "noSqlite":
      throw new Refusal(
        vscode.l10n.t("This version of VS Code has no SQLite of its own, which a backup needs."),
      );
    case "failed":
      throw new Error(outcome.message);
    case "done":
      void vscode.window.showInformationMessage(
        vscode.l10n.t(
          "Backed up {0} ({1}) in {2} to {3}.",
          plural(outcome.sessions, "session"),
          formatBytes(outcome.bytes),
          formatDuration(outcome.tookMs),
          target.fsPath,
        ),
      );
  }
}

async function pickDatabase(databases: readonly string[]): Promise<string | undefined> {
  const [first, ...others] = databases;
  if (others.length === 0) return first;
  return await vscode.window.showQuickPick(databases, {
    title: vscode.l10n.t("Back Up Database"),
    placeHolder: vscode.l10n.t("Which database?"),
  });
}
