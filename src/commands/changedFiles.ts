import * as vscode from "vscode";

import type { CommandContext } from "./commandContext.ts";
import { Refusal } from "./failure.ts";
import { refOf, sessionTarget } from "./target.ts";

/** Shows which files a session has changed, turn by turn and as a whole. */
export async function showFiles(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Show Changed Files"));
  if (target === undefined) return;
  await (await context.documents.sessions()).files.show(target.ref);
}

/** Takes the view of changed files away. */
export async function hideFiles(context: CommandContext): Promise<void> {
  (await context.documents.sessions()).files.hide();
}

/** Opens one changed file in the diff editor. `argument`: a session's ref with `file` and maybe `messageID`. */
export async function openFileDiff(context: CommandContext, argument: unknown): Promise<void> {
  const documents = await context.documents.sessions();
  const ref = refOf(context, argument) ?? documents.files.session;
  const { file, messageID } = scopeOf(argument);
  if (ref === undefined || file === undefined) {
    throw new Refusal(vscode.l10n.t("Choose a file in “Changed Files” first."));
  }
  await documents.openFileDiff(ref, messageID, file);
}

/** Opens all files of a turn, or of the session the view shows, in one editor. */
export async function openAllDiffs(context: CommandContext, argument: unknown): Promise<void> {
  const documents = await context.documents.sessions();
  const { session } = documents.files;
  const { messageID } = scopeOf(argument);
  const files = documents.files.files(messageID).map(({ file }) => file);
  if (session === undefined || files.length === 0) {
    throw new Refusal(vscode.l10n.t("There is no changed file."));
  }
  const title =
    messageID === undefined
      ? vscode.l10n.t("Changes of the session")
      : vscode.l10n.t("Changes of one turn");
  await documents.openDiffs(session, messageID, files, title);
}

/** Turn and file an argument names: a row of the view, or a link's argument. */
function scopeOf(argument: unknown): {
  readonly messageID: string | undefined;
  readonly file: string | undefined;
} {
  const fields = new Map<string, unknown>(
    typeof argument === "object" && argument !== null ? Object.entries(argument) : [],
  );
  const text = (name: string): string | undefined => {
    const value = fields.get(name);
    return typeof value === "string" ? value : undefined;
  };
  return { messageID: text("messageID"), file: text("file") };
}
