import * as vscode from "vscode";

import { getSession } from "../../core/state/lookup.ts";
import type { SessionRef } from "../../core/state/session.ts";
import { showInformation } from "../../platform/messages.ts";
import type { CommandContext } from "../commandContext.ts";
import { Refusal } from "../failure.ts";

/** Reveals the active session in the tree. */
export async function revealActiveSession(context: CommandContext): Promise<void> {
  const { current } = context.activeSession;
  if (current === undefined) throw new Refusal(vscode.l10n.t("There is no active session."));
  await revealSession(context, current);
}

/** Reveals a session in the tree; offers to drop the filter or scope that hides it. */
export async function revealSession(context: CommandContext, ref: SessionRef): Promise<void> {
  if (await context.tree.reveal(ref)) return;
  const session = getSession(context.store.state, ref);
  if (session === undefined) throw new Refusal(vscode.l10n.t("This session no longer exists."));
  const showAll = vscode.l10n.t("Show");
  void showInformation(
    vscode.l10n.t(
      "The tree hides this session: it is filtered out, in another project, or archived.",
    ),
    showAll,
  ).then(async (choice) => {
    if (choice !== showAll) return;
    context.tree.change({
      filter: "",
      scope: "all",
      includesArchived: context.tree.options.includesArchived || session.archivedMs !== undefined,
    });
    await context.tree.reveal(ref);
  });
}
