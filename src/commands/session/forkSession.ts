import * as vscode from "vscode";

import { promptText } from "../../viewModels/conversation/promptBox.ts";
import { whyOutOfReach } from "../../viewModels/documents/readiness.ts";
import { activateNew } from "./activateSession.ts";
import { answerAbout, refuseFor } from "./askServer.ts";
import type { CommandContext } from "../commandContext.ts";
import { pickPrompt } from "./pickPrompt.ts";
import { readMessages } from "./readMessages.ts";
import { gatewayOf, sessionTarget } from "../target.ts";

/**
 * Copies a session, all of it or up to a prompt. The fork becomes the active session; when copied up to a
 * prompt, that prompt is put into its prompt box for editing and sending.
 */
export async function forkSession(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Fork Session"));
  refuseFor(whyOutOfReach(context.store.state, target.ref));
  const gateway = gatewayOf(context, target.server);
  const messages = await readMessages(context, target, gateway);
  const picked = await pickPrompt(argument, messages, {
    title: vscode.l10n.t("Fork “{0}”", target.title),
    placeHolder: vscode.l10n.t("The whole session, or only what came before a prompt?"),
    first: [{ label: vscode.l10n.t("The whole session"), alwaysShow: true, messageID: undefined }],
  });
  const { messageID } = picked;
  const fork = answerAbout(context, target, await gateway.fork(target.session, messageID));
  const ref = { serverID: target.ref.serverID, sessionID: fork.id };
  await activateNew(context, ref);
  await context.tree.reveal(ref);
  if (messageID === undefined) return;
  const text = promptText(messages.find(({ id }) => id === messageID));
  context.documents.pages.open(ref, { tab: "conversation", prompt: { text } });
}
