import * as vscode from "vscode";

import { capabilityRefusal } from "../viewModels/readiness.ts";
import { formatDateTime } from "../viewModels/format.ts";
import type { CommandContext } from "./commandContext.ts";
import { Refusal } from "./failure.ts";
import { readMessages } from "./readMessages.ts";
import { refuseFor } from "./askServer.ts";
import { gatewayOf, sessionTarget } from "./target.ts";

/** Opens a session's messages as a document that grows while it works. */
export async function openTranscript(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Open Transcript"));
  if (target === undefined) return;
  await (await context.documents.sessions()).openTranscript(target.ref);
}

/** Goes to the next message of the transcript in the active editor. */
export async function nextMessage(context: CommandContext): Promise<void> {
  await goToMessage(context, 1);
}

/** Goes to the message before. */
export async function previousMessage(context: CommandContext): Promise<void> {
  await goToMessage(context, -1);
}

async function goToMessage({ documents }: CommandContext, direction: 1 | -1): Promise<void> {
  if ((await documents.sessions()).transcripts.goToMessage(direction)) return;
  vscode.window.setStatusBarMessage(
    direction === 1 ? vscode.l10n.t("No later message") : vscode.l10n.t("No earlier message"),
    3000,
  );
}

/** Opens the summary a compaction wrote; the one a person picks when there are several. */
export async function readSummary(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Read a Summary"));
  if (target === undefined) return;
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
  const picked =
    items.length === 1
      ? items[0]
      : await vscode.window.showQuickPick(items, {
          title: vscode.l10n.t("Summaries of “{0}”", target.title),
        });
  if (picked !== undefined) await context.documents.openSummary(target.ref, picked.id);
}

/** Opens the agent's todo list as a document that follows it. */
export async function openTodo(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Open To-Do List"));
  if (target === undefined) return;
  refuseFor(capabilityRefusal(target.server, "todo"));
  await (await context.documents.sessions()).openTodo(target.ref);
}
