import * as vscode from "vscode";

import { getSession } from "../core/lookup.ts";
import { whyOutOfReach } from "../viewModels/readiness.ts";
import { activate } from "./activateSession.ts";
import { answerAbout, refuseFor } from "./askServer.ts";
import type { CommandContext } from "./commandContext.ts";
import { pickPrompt, promptText } from "./pickPrompt.ts";
import { readMessages } from "./readMessages.ts";
import { gatewayOf, sessionTarget } from "./target.ts";
import { untilState } from "./untilState.ts";

/** How long the fork may take to show up among the server's sessions. */
const ARRIVAL_MS = 5000;

/**
 * Copies a session, all of it or up to a prompt. The fork becomes the active session; up to a prompt, that prompt
 * is put into an editor to be changed and sent.
 */
export async function forkSession(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Fork Session"));
  if (target === undefined) return;
  refuseFor(whyOutOfReach(context.store.state, target.ref));
  const gateway = gatewayOf(context, target.server);
  const messages = await readMessages(context, target, gateway);
  const picked = await pickPrompt(messages, {
    title: vscode.l10n.t("Fork “{0}”", target.title),
    placeHolder: vscode.l10n.t("All of it, or up to and without one of its prompts?"),
    first: [{ label: vscode.l10n.t("The whole session"), alwaysShow: true, messageID: undefined }],
  });
  if (picked === undefined) return;
  const { messageID } = picked;
  const fork = answerAbout(context, target, await gateway.fork(target.session, messageID));
  const ref = { serverID: target.ref.serverID, sessionID: fork.id };
  const { store } = context;
  await untilState(store, () => getSession(store.state, ref) !== undefined, {
    limitMs: ARRIVAL_MS,
  });
  activate(context, ref);
  await context.tree.reveal(ref);
  if (messageID === undefined) return;
  const documents = await context.documents.sessions();
  await documents.prompts.open({ kind: "session", ref }, { text: promptText(messages, messageID) });
}
