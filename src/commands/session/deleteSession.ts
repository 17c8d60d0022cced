import * as vscode from "vscode";

import { plural } from "../../core/language.ts";
import { getSession } from "../../core/state/lookup.ts";
import type { SessionRef } from "../../core/state/session.ts";
import { askWarning, showInformation } from "../../platform/messages.ts";
import { deletePlan } from "../../viewModels/documents/deletePreview.ts";
import { answerAbout } from "./askServer.ts";
import { backUp, pickBackupFolder } from "./backupSessions.ts";
import { chosen } from "../ask.ts";
import type { CommandContext } from "../commandContext.ts";
import { Refusal } from "../failure.ts";
import { forEachSession } from "./severalSessions.ts";
import { stopTree } from "./stopSession.ts";
import { gatewayOf, namedTarget, type SessionTarget, sessionTargets } from "../target.ts";
import { withProgress } from "../withProgress.ts";

/** Deletes the sessions of a row, or of the selected rows, as {@link deleteSessions} does. */
export async function deleteSession(
  context: CommandContext,
  argument: unknown,
  selected: unknown,
): Promise<void> {
  const placeHolder = vscode.l10n.t("Delete Session");
  const asked = await sessionTargets(context, argument, selected, placeHolder);
  await deleteSessions(
    context,
    asked.map(({ ref }) => ref),
  );
}

/**
 * Deletes sessions with everything below them, after showing what will be lost, and after a backup if the
 * user wants one. Running sessions are stopped first.
 */
export async function deleteSessions(
  context: CommandContext,
  refs: readonly SessionRef[],
): Promise<void> {
  const plan = deletePlan(context.store.state, refs);
  if (plan.kind === "refused") throw new Refusal(plan.message);
  const backUpFirst = vscode.l10n.t("Back Up and Delete");
  const justDelete = vscode.l10n.t("Delete Without Backup");
  const answer = chosen(await askWarning(plan.question, plan.detail, backUpFirst, justDelete));
  let backup: vscode.Uri | undefined;
  if (answer === backUpFirst) {
    const parent = await pickBackupFolder();
    backup = await withProgress(vscode.l10n.t("Backing up sessions"), async (signal, report) => {
      const { folder } = await backUp(context, plan.refs, parent, signal, report);
      return folder;
    });
  }
  const targets: SessionTarget[] = [];
  for (const ref of plan.refs) {
    // Sessions may have disappeared while the user was choosing.
    if (getSession(context.store.state, ref) === undefined) continue;
    targets.push(namedTarget(context, ref));
  }
  const done = await forEachSession(
    context,
    targets,
    vscode.l10n.t("Deleting sessions…"),
    (target) => deleteTree(context, target),
  );
  context.tree.pin(
    done.map(({ session }) => session.id),
    false,
  );
  if (backup === undefined) return;
  const deleted = vscode.l10n.t("Deleted {0}.", plural(done.length, "{0} session", "{0} sessions"));
  void showInformation(`${deleted} ${vscode.l10n.t("The backup is in {0}.", backup.fsPath)}`);
}

/** Stops everything running in a tree and deletes it. */
async function deleteTree(context: CommandContext, target: SessionTarget): Promise<void> {
  const gateway = gatewayOf(context, target.server);
  await stopTree(context, target, gateway);
  answerAbout(context, target, await gateway.remove(target.session));
}
