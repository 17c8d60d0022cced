import * as vscode from "vscode";

import { plural } from "../../core/language.ts";
import { showInformation } from "../../platform/messages.ts";
import { formatBytes, formatDateTime, formatDuration } from "../../viewModels/text/format.ts";
import { choose } from "../ask.ts";
import type { CommandContext } from "../commandContext.ts";
import { Refusal } from "../failure.ts";
import { withProgress } from "../withProgress.ts";

/** Writes a consistent copy of OpenCode's database while its servers keep running. */
export async function backUpDatabase(context: CommandContext): Promise<void> {
  const maintenance = await context.usage.maintenance();
  const databases = await maintenance.databases();
  const database = await pickDatabase(databases);
  const stamp = formatDateTime(Date.now()).replaceAll(":", "").replace(" ", "-");
  const target = await vscode.window.showSaveDialog({
    title: vscode.l10n.t("Where should the backup go?"),
    saveLabel: vscode.l10n.t("Back Up"),
    defaultUri: vscode.Uri.joinPath(vscode.Uri.file(database), "..", `opencode-backup-${stamp}.db`),
    filters: { SQLite: ["db"] },
  });
  if (target === undefined) return;
  if (target.scheme !== "file") {
    throw new Refusal(vscode.l10n.t("The backup must be a file on this machine."));
  }
  if (databases.includes(target.fsPath)) {
    throw new Refusal(vscode.l10n.t("A backup cannot replace a database that is in use."));
  }
  const outcome = await withProgress(vscode.l10n.t("Backing up the database…"), (signal) =>
    maintenance.backUp(database, target.fsPath, signal),
  );
  switch (outcome.kind) {
    case "cancelled":
      return;
    case "noSqlite":
      throw new Refusal(
        vscode.l10n.t("A backup needs SQLite, which this version of VS Code does not have."),
      );
    case "failed":
      throw new Error(outcome.message);
    case "done":
      void showInformation(
        vscode.l10n.t(
          "Backed up {0} ({1}) in {2} to {3}.",
          plural(outcome.sessions, "{0} session", "{0} sessions"),
          formatBytes(outcome.bytes),
          formatDuration(outcome.tookMs),
          target.fsPath,
        ),
      );
  }
}

async function pickDatabase(databases: readonly string[]): Promise<string> {
  const [only, ...others] = databases;
  if (only === undefined) {
    throw new Refusal(
      vscode.l10n.t("No OpenCode database is known on this machine: connect its server first."),
    );
  }
  if (others.length === 0) return only;
  const items = databases.map((label) => ({ label }));
  const { label } = await choose(items, {
    title: vscode.l10n.t("Back Up Database"),
    placeHolder: vscode.l10n.t("Which database?"),
  });
  return label;
}
