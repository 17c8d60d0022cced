import * as vscode from "vscode";

import { parentOf } from "../../core/state/lookup.ts";
import { activate, isActive } from "./activateSession.ts";
import type { CommandContext } from "../commandContext.ts";
import { Refusal } from "../failure.ts";
import { revealSession } from "./revealActiveSession.ts";
import { sessionTarget } from "../target.ts";

/** Goes from a session to its parent. If the session was active, the parent becomes active. */
export async function goToParent(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Go to Parent Session"));
  const parent = parentOf(context.store.state, target.ref);
  if (parent === undefined) {
    throw new Refusal(vscode.l10n.t("“{0}” has no parent session.", target.title));
  }
  if (isActive(context, target.ref)) activate(context, parent);
  await revealSession(context, parent);
}
