import * as vscode from "vscode";

import type { CommandContext } from "../commandContext.ts";
import { Refusal } from "../failure.ts";
import { messageIDOf, refOf, sessionTarget } from "../target.ts";
import { activate } from "./activateSession.ts";

/** Shows which files a session has changed, overall and per turn, on its page. */
export async function showFiles(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Show Changed Files"));
  activate(context, target.ref);
  context.documents.pages.open(target.ref, { tab: "changes" });
}

/**
 * Opens changed files of a session in the diff editor. `argument`: a session's ref with `files`, and
 * `messageID` if they belong to one turn.
 */
export async function openFileDiffs(context: CommandContext, argument: unknown): Promise<void> {
  const ref = refOf(context, argument);
  const files = filesOf(argument);
  if (ref === undefined || files.length === 0) {
    throw new Refusal(vscode.l10n.t("No files were changed."));
  }
  await context.documents.sessions.openDiffs(ref, messageIDOf(argument), files);
}

function filesOf(argument: unknown): readonly string[] {
  if (typeof argument !== "object" || argument === null || !("files" in argument)) return [];
  const { files } = argument;
  return Array.isArray(files) ? files.filter((file) => typeof file === "string") : [];
}
