import * as vscode from "vscode";

import { whyOutOfReach } from "../../viewModels/documents/readiness.ts";
import { withoutTime } from "../../viewModels/text/format.ts";
import { answerAbout, refuseFor } from "./askServer.ts";
import { enterText } from "../ask.ts";
import type { CommandContext } from "../commandContext.ts";
import { gatewayOf, sessionTarget } from "../target.ts";

/** Longer titles are accepted, with a note on where they are truncated. */
const COMFORTABLE_LENGTH = 200;

/** Renames a session. */
export async function renameSession(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Rename Session"));
  refuseFor(whyOutOfReach(context.store.state, target.ref));
  const { session } = target;
  const present = withoutTime(session.title);
  const title = await enterText({
    title: vscode.l10n.t("Rename Session"),
    prompt: vscode.l10n.t("New title"),
    value: present,
    valueSelection: [0, present.length],
    validateInput: checkTitle,
  });
  const wanted = title.trim();
  if (wanted === present) return;
  const gateway = gatewayOf(context, target.server);
  answerAbout(context, target, await gateway.rename(session, wanted));
}

function checkTitle(text: string): string | vscode.InputBoxValidationMessage | undefined {
  const title = text.trim();
  if (title === "") return vscode.l10n.t("The title must not be empty.");
  if (title.length <= COMFORTABLE_LENGTH) return undefined;
  return {
    message: vscode.l10n.t("{0} characters: too long to be shown in full.", title.length),
    severity: vscode.InputBoxValidationSeverity.Info,
  };
}
