import * as vscode from "vscode";

import {
  type RevertPlan,
  revertPlan,
  unrevertPlan,
} from "../../viewModels/documents/revertPreview.ts";
import { promptText } from "../../viewModels/conversation/promptBox.ts";
import { capabilityRefusal, whyNotAtRest } from "../../viewModels/documents/readiness.ts";
import { answerAbout, refuseFor } from "./askServer.ts";
import { confirm } from "../ask.ts";
import type { CommandContext } from "../commandContext.ts";
import { Refusal } from "../failure.ts";
import { pickPrompt } from "./pickPrompt.ts";
import { readMessages } from "./readMessages.ts";
import { gatewayOf, sessionTarget } from "../target.ts";

/**
 * Hides a prompt and everything after it, and restores the files; first explains what that changes. The
 * session's page then has the prompt in its box, ready to be edited and sent, and a way to undo the revert.
 */
export async function revertSession(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Revert Session to Prompt"));
  refuseFor(capabilityRefusal(target.server, "revert"));
  refuseFor(whyNotAtRest(context.store.state, target.ref));
  const gateway = gatewayOf(context, target.server);
  const messages = await readMessages(context, target, gateway);
  const picked = await pickPrompt(argument, messages, {
    title: vscode.l10n.t("Revert “{0}”", target.title),
    placeHolder: vscode.l10n.t("Revert to which prompt?"),
    none: vscode.l10n.t("“{0}” has no prompt to revert to.", target.title),
  });
  const plan = revertPlan(context.store.state, target.ref, messages, picked.messageID);
  await confirmPlan(plan, vscode.l10n.t("Revert"));
  answerAbout(context, target, await gateway.revert(target.session, picked.messageID));
  const text = promptText(messages.find(({ id }) => id === picked.messageID));
  context.documents.pages.open(target.ref, { tab: "conversation", prompt: { text } });
}

/** Restores what a revert hides. */
export async function unrevertSession(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Undo Revert of Session"));
  refuseFor(capabilityRefusal(target.server, "revert"));
  refuseFor(whyNotAtRest(context.store.state, target.ref));
  const gateway = gatewayOf(context, target.server);
  const { revertMessageID } = target.session;
  const messages =
    revertMessageID === undefined ? [] : await readMessages(context, target, gateway);
  const plan = unrevertPlan(context.store.state, target.ref, messages, revertMessageID);
  await confirmPlan(plan, vscode.l10n.t("Undo Revert"));
  answerAbout(context, target, await gateway.unrevert(target.session));
}

async function confirmPlan(plan: RevertPlan, button: string): Promise<void> {
  if (plan.kind === "refused") throw new Refusal(plan.message);
  await confirm(plan.question, plan.detail, button);
}
