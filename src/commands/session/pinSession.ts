import * as vscode from "vscode";

import type { CommandContext } from "../commandContext.ts";
import { sessionTargets } from "../target.ts";

/** Puts sessions first among their like, in every window. The server knows nothing of it. */
export async function pinSession(
  context: CommandContext,
  argument: unknown,
  selected: unknown,
): Promise<void> {
  await setPinned(context, argument, selected, true);
}

/** Lets sessions stand where they belong. */
export async function unpinSession(
  context: CommandContext,
  argument: unknown,
  selected: unknown,
): Promise<void> {
  await setPinned(context, argument, selected, false);
}

async function setPinned(
  context: CommandContext,
  argument: unknown,
  selected: unknown,
  isPinned: boolean,
): Promise<void> {
  const placeHolder = isPinned ? vscode.l10n.t("Pin Session") : vscode.l10n.t("Unpin Session");
  const targets = await sessionTargets(context, argument, selected, placeHolder);
  const ids = targets.map(({ session }) => session.id);
  if (ids.length > 0) context.tree.pin(ids, isPinned);
}
