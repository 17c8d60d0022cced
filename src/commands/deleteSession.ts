import * as vscode from "vscode";

import { deletePlan } from "../viewModels/deletePreview.ts";
import { answerAbout } from "./askServer.ts";
import type { CommandContext } from "./commandContext.ts";
import { Refusal } from "./failure.ts";
import { forEachSession } from "./severalSessions.ts";
import { stopTree } from "./stopSession.ts";
import { gatewayOf, sessionTarget, type SessionTarget, sessionTargets } from "./target.ts";

/** Deletes sessions with all that is below them, after saying what goes. What is at work is stopped first. */
export async function deleteSession(
  context: CommandContext,
  argument: unknown,
  selected: unknown,
): Promise<void> {
  const placeHolder = vscode.l10n.t("Delete Session");
  const asked = await sessionTargets(context, argument, selected, placeHolder);
  if (asked.length === 0) return;
  const plan = deletePlan(
    context.store.state,
    asked.map(({ ref }) => ref),
  );
  if (plan.kind === "refused") throw new Refusal(plan.message);
  const button = vscode.l10n.t("Delete");
  const answer = await vscode.window.showWarningMessage(
    plan.question,
    { modal: true, detail: plan.detail },
    button,
  );
  if (answer !== button) return;
  const targets: SessionTarget[] = [];
  for (const ref of plan.refs) {
    const target = await sessionTarget(context, ref, placeHolder);
    if (target !== undefined) targets.push(target);
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
}

/** Stops what is at work in a tree and deletes it. */
export async function deleteTree(context: CommandContext, target: SessionTarget): Promise<void> {
  const gateway = gatewayOf(context, target.server);
  await stopTree(context, target, gateway);
  answerAbout(context, target, await gateway.remove(target.session));
}
