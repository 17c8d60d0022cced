import * as vscode from "vscode";

import { getSession } from "../core/lookup.ts";
import type { ServerState } from "../core/state.ts";
import { directoriesOf } from "../viewModels/directories.ts";
import { cleanTitle } from "../viewModels/format.ts";
import type { CommandContext } from "./commandContext.ts";
import { refOf, serverTarget } from "./target.ts";

/**
 * Asks where a new session shall be, and opens the editor its first prompt is written in. Agent and model are
 * chosen there; the session is made when the prompt is sent, so that none is left empty behind.
 */
export async function newSession(context: CommandContext, argument: unknown): Promise<void> {
  const server = await serverTarget(context, argument, {
    placeHolder: vscode.l10n.t("Which server shall the session be on?"),
    none: vscode.l10n.t("No server is connected."),
    isFit: ({ connection }) => connection.kind === "connected",
  });
  if (server === undefined) return;
  const directory = await pickDirectory(context, server, argument);
  if (directory === undefined) return;
  const documents = await context.documents.sessions();
  await documents.prompts.open({
    kind: "new",
    serverID: server.endpoint.serverID,
    directory: directory === "" ? undefined : directory,
  });
}

interface DirectoryItem extends vscode.QuickPickItem {
  /** Undefined: another one is to be typed. */
  readonly directory: string | undefined;
}

/** The directory a person picks or types; empty for the server's own, undefined when they do not. */
async function pickDirectory(
  context: CommandContext,
  server: ServerState,
  argument: unknown,
): Promise<string | undefined> {
  const named = refOf(context, argument);
  const items: DirectoryItem[] = directoriesOf(server, {
    folders: context.tree.options.folders,
    first: named === undefined ? undefined : getSession(context.store.state, named)?.directory,
  }).map(({ directory, description }) => ({
    label: cleanTitle(directory, 200),
    description,
    directory,
  }));
  items.push(
    {
      label: vscode.l10n.t("The server's own directory"),
      description: vscode.l10n.t("where it was started"),
      directory: "",
    },
    { label: vscode.l10n.t("Another directory…"), directory: undefined },
  );
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t("New Session"),
    placeHolder: vscode.l10n.t(
      "Which directory shall it work in, on the machine of “{0}”?",
      cleanTitle(server.endpoint.name),
    ),
    matchOnDescription: true,
  });
  if (picked === undefined) return undefined;
  if (picked.directory !== undefined) return picked.directory;
  const typed = await vscode.window.showInputBox({
    title: vscode.l10n.t("New Session"),
    prompt: vscode.l10n.t("Absolute path of the directory, on the server's machine"),
    validateInput: (text) =>
      isAbsolute(text.trim()) ? undefined : vscode.l10n.t("The path must be absolute."),
  });
  return typed?.trim();
}

/** Whether a path is absolute on any machine. */
function isAbsolute(path: string): boolean {
  return path.startsWith("/") || /^[A-Za-z]:[\\/]/.test(path) || path.startsWith("\\\\");
}
