import * as vscode from "vscode";

import { capabilityRefusal, whyOutOfReach } from "../../viewModels/documents/readiness.ts";
import { answerAbout, refuseFor } from "./askServer.ts";
import { confirm } from "../ask.ts";
import type { CommandContext } from "../commandContext.ts";
import { forEachSession } from "./severalSessions.ts";
import { gatewayOf, type SessionTarget, sessionTargets } from "../target.ts";

/** Archives sessions: they disappear from the tree unless archived ones are shown. */
export async function archiveSession(
  context: CommandContext,
  argument: unknown,
  selected: unknown,
): Promise<void> {
  const placeHolder = vscode.l10n.t("Archive Session");
  const targets = await sessionTargets(context, argument, selected, placeHolder);
  await setArchived(context, targets, vscode.l10n.t("Archiving sessions…"), Date.now());
}

/** Unarchives sessions, after explaining the server's limitations. */
export async function unarchiveSession(
  context: CommandContext,
  argument: unknown,
  selected: unknown,
): Promise<void> {
  const placeHolder = vscode.l10n.t("Unarchive");
  const targets = await sessionTargets(context, argument, selected, placeHolder);
  const [first] = targets;
  if (first === undefined) return;
  await confirm(
    targets.length === 1
      ? vscode.l10n.t("Unarchive “{0}”?", first.title)
      : vscode.l10n.t("Unarchive {0} sessions?", targets.length),
    vscode.l10n.t(
      "OpenCode cannot fully undo archiving: the session is shown again here and in its own project's list, but it stays hidden in OpenCode's list of all projects. A fork of it behaves like any other session.",
    ),
    vscode.l10n.t("Unarchive"),
  );
  await setArchived(context, targets, vscode.l10n.t("Unarchiving sessions…"), 0);
}

async function setArchived(
  context: CommandContext,
  targets: readonly SessionTarget[],
  progress: string,
  archivedMs: number,
): Promise<void> {
  await forEachSession(context, targets, progress, async (target) => {
    refuseFor(capabilityRefusal(target.server, "archive"));
    refuseFor(whyOutOfReach(context.store.state, target.ref));
    const gateway = gatewayOf(context, target.server);
    answerAbout(context, target, await gateway.archive(target.session, archivedMs));
  });
}
