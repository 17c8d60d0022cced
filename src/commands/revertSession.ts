import * as vscode from "vscode";

import { type RevertPlan, revertPlan, unrevertPlan } from "../viewModels/revertPreview.ts";
import { capabilityRefusal, whyNotAtRest } from "../viewModels/readiness.ts";
import { answerAbout, refuseFor } from "./askServer.ts";
import type { CommandContext } from "./commandContext.ts";
import { Refusal } from "./failure.ts";
import { pickPrompt, promptText } from "./pickPrompt.ts";
import { readMessages } from "./readMessages.ts";
import { gatewayOf, sessionTarget } from "./target.ts";

/** Hides a prompt and all after it, and sets the files back; says before what that changes. */
export async function revertSession(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Revert to Prompt"));
  if (target === undefined) return;
  refuseFor(capabilityRefusal(target.server, "revert"));
  refuseFor(whyNotAtRest(context.store.state, target.ref));
  const gateway = gatewayOf(context, target.server);
  const messages = await readMessages(context, target, gateway);
  const picked = await pickPrompt(messages, {
    title: vscode.l10n.t("Revert “{0}”", target.title),
    placeHolder: vscode.l10n.t("Which prompt shall be taken back, with all after it?"),
  });
  if (picked === undefined) return;
  const revert = vscode.l10n.t("Revert");
  const plan = revertPlan(context.store.state, target.ref, messages, picked.messageID);
  if (!(await isConfirmed(plan, revert))) return;
  answerAbout(context, target, await gateway.revert(target.session, picked.messageID));
  const undo = vscode.l10n.t("Undo Revert");
  const edit = vscode.l10n.t("Edit Prompt");
  void vscode.window
    .showInformationMessage(vscode.l10n.t("Reverted “{0}”.", target.title), edit, undo)
    .then(async (choice) => {
      if (choice === undo) {
        await vscode.commands.executeCommand("opencodeSessions.unrevertSession", target.ref);
      }
      if (choice !== edit) return;
      const documents = await context.documents.sessions();
      const text = promptText(messages, picked.messageID);
      await documents.prompts.open({ kind: "session", ref: target.ref }, { text });
    });
}

/** Brings back what a revert hides. */
export async function unrevertSession(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Undo Revert"));
  if (target === undefined) return;
  refuseFor(capabilityRefusal(target.server, "revert"));
  refuseFor(whyNotAtRest(context.store.state, target.ref));
  const gateway = gatewayOf(context, target.server);
  const { revertMessageID } = target.session;
  const messages =
    revertMessageID === undefined ? [] : await readMessages(context, target, gateway);
  const plan = unrevertPlan(context.store.state, target.ref, messages, revertMessageID);
  if (!(await isConfirmed(plan, vscode.l10n.t("Undo Revert")))) return;
  answerAbout(context, target, await gateway.unrevert(target.session));
}

async function isConfirmed(plan: RevertPlan, button: string): Promise<boolean> {
  if (plan.kind === "refused") throw new Refusal(plan.message);
  const options = { modal: true, detail: plan.detail };
  const answer = await vscode.window.showWarningMessage(plan.question, options, button);
  return answer === button;
}
