import * as vscode from "vscode";

import type { CommandContext } from "../commandContext.ts";
import { activate } from "./activateSession.ts";
import { sessionTarget } from "../target.ts";

/** Opens the token breakdown of a session, or brings it to the front. */
export async function openBreakdown(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Show Token Breakdown"));
  activate(context, target.ref);
  context.documents.pages.open(target.ref, { tab: "charts" });
}
