import * as vscode from "vscode";

import { parentOf, rootOf } from "../../core/state/lookup.ts";
import type { SessionRef } from "../../core/state/session.ts";
import { activate, isActive } from "./activateSession.ts";
import type { CommandContext } from "../commandContext.ts";
import { Refusal } from "../failure.ts";
import { revealSession as reveal } from "./revealActiveSession.ts";
import { sessionTarget } from "../target.ts";

/** Goes from a session to its parent. If the session was active, the parent becomes active. */
export async function goToParent(context: CommandContext, argument: unknown): Promise<void> {
  await goToAncestor(context, argument, vscode.l10n.t("Go to Parent Session"), parentOf);
}

/** Goes from a session to its topmost ancestor. If the session was active, the ancestor becomes active. */
export async function goToRoot(context: CommandContext, argument: unknown): Promise<void> {
  await goToAncestor(context, argument, vscode.l10n.t("Go to Root Session"), rootOf);
}

/** Goes to the next session in the tree under the same parent. */
export async function goToNextSibling(context: CommandContext, argument: unknown): Promise<void> {
  await goToSibling(context, argument, 1);
}

/** Goes to the previous session under the same parent. */
export async function goToPreviousSibling(
  context: CommandContext,
  argument: unknown,
): Promise<void> {
  await goToSibling(context, argument, -1);
}

/** Reveals a session in the tree: that of a row, a transcript, or the active one. */
export async function revealSession(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Reveal Session in Tree"));
  await reveal(context, target.ref);
}

async function goToAncestor(
  context: CommandContext,
  argument: unknown,
  title: string,
  ancestorOf: typeof parentOf,
): Promise<void> {
  const { ref, title: name } = await sessionTarget(context, argument, title);
  const ancestor = ancestorOf(context.store.state, ref);
  if (ancestor === undefined || ancestor.sessionID === ref.sessionID) {
    throw new Refusal(vscode.l10n.t("“{0}” has no parent session.", name));
  }
  await goTo(context, ref, ancestor);
}

async function goToSibling(
  context: CommandContext,
  argument: unknown,
  direction: 1 | -1,
): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Go to Sibling Session"));
  const sibling = context.tree.sibling(target.ref, direction);
  if (sibling === undefined) {
    throw new Refusal(
      direction === 1
        ? vscode.l10n.t("There is no next sibling of “{0}”.", target.title)
        : vscode.l10n.t("There is no previous sibling of “{0}”.", target.title),
    );
  }
  await goTo(context, target.ref, sibling);
}

async function goTo(context: CommandContext, from: SessionRef, to: SessionRef): Promise<void> {
  if (isActive(context, from)) activate(context, to);
  await reveal(context, to);
}
