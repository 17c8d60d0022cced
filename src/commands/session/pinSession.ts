import * as vscode from "vscode";

import type { CommandContext } from "../commandContext.ts";
import { sessionTargets } from "../target.ts";

/** Pins sessions to the top of their level, in every window. The server isn't involved. */
export async function pinSession(
  context: CommandContext,
  argument: unknown,
  selected: unknown,
): Promise<void> {
  await setPinned(context, argument, selected, true);
}

/** Returns sessions to their normal place. */
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
