import * as vscode from "vscode";

import { capabilityRefusal } from "../../viewModels/documents/readiness.ts";
import { formatDateTime } from "../../viewModels/text/format.ts";
import { choose } from "../ask.ts";
import type { CommandContext } from "../commandContext.ts";
import { Refusal } from "../failure.ts";
import { activate } from "./activateSession.ts";
import { readMessages } from "./readMessages.ts";
import { refuseFor } from "./askServer.ts";
import { gatewayOf, messageIDOf, sessionTarget } from "../target.ts";

/** Opens a session's page at its conversation: at a message if one is named, or where its last turn failed. */
export async function openTranscript(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Open Conversation"));
  activate(context, target.ref);
  const messageID = messageIDOf(argument);
  const atFailure = isFailure(argument);
  context.documents.pages.open(target.ref, { tab: "conversation", messageID, atFailure });
}

/** Whether an argument is about a failed turn, as a row of Needs Attention is. */
function isFailure(argument: unknown): boolean {
  if (typeof argument !== "object" || argument === null || !("kind" in argument)) return false;
  return argument.kind === "failed";
}

/** Opens a session's messages as a Markdown document that grows while the session works. */
export async function openMarkdown(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(
    context,
    argument,
    vscode.l10n.t("Open Conversation as Markdown"),
  );
  activate(context, target.ref);
  await context.documents.sessions.openMarkdown(target.ref, messageIDOf(argument));
}

/** Goes to the next prompt of the active conversation. */
export function nextMessage({ documents }: CommandContext): void {
  documents.pages.goToMessage(1);
}

/** Goes to the previous prompt. */
export function previousMessage({ documents }: CommandContext): void {
  documents.pages.goToMessage(-1);
}

/** Goes to the summary a compaction wrote, or the one the user picks if there are several. */
export async function readSummary(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Read a Summary"));
  const gateway = gatewayOf(context, target.server);
  const messages = await readMessages(context, target, gateway);
  const summaries = messages.filter(({ isSummary }) => isSummary).reverse();
  const [newest] = summaries;
  if (newest === undefined) {
    throw new Refusal(vscode.l10n.t("“{0}” has not been compacted.", target.title));
  }
  const items = summaries.map(({ id, createdMs }, at) => ({
    label: vscode.l10n.t("Compaction {0}", summaries.length - at),
    description: formatDateTime(createdMs),
    id,
  }));
  const title = vscode.l10n.t("Summaries of “{0}”", target.title);
  const { id } = items.length === 1 ? newest : await choose(items, { title });
  context.documents.pages.open(target.ref, { tab: "conversation", messageID: id });
}

/** Opens the agent's todo list as a document that stays up to date. */
export async function openTodo(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Open To-Do List"));
  refuseFor(capabilityRefusal(target.server, "todo"));
  await context.documents.sessions.openTodo(target.ref);
}
