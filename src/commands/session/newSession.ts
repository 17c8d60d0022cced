import * as vscode from "vscode";

import { getSession } from "../../core/state/lookup.ts";
import type { ServerState } from "../../core/state/state.ts";
import { directoriesOf } from "../../viewModels/tree/directories.ts";
import { cleanTitle } from "../../viewModels/text/format.ts";
import { shownPath } from "../../viewModels/text/paths.ts";
import { activateNew } from "./activateSession.ts";
import { choose, enterText } from "../ask.ts";
import type { CommandContext } from "../commandContext.ts";
import { valueOf } from "../failure.ts";
import { gatewayOf, projectOf, refOf, serverTarget } from "../target.ts";

/**
 * Asks where to create a new session, unless it was invoked on a project, creates it, and opens its page to
 * write the first prompt. Agent and model are chosen there.
 */
export async function newSession(context: CommandContext, argument: unknown): Promise<void> {
  const project = projectOf(context, argument);
  if (project?.directory !== undefined) {
    await makeSession(context, project.server, project.directory);
    return;
  }
  const server = await serverTarget(context, argument, {
    placeHolder: vscode.l10n.t("Create the session on which server?"),
    none: vscode.l10n.t("No server is connected."),
    isFit: ({ connection }) => connection.kind === "connected",
  });
  const directory = await pickDirectory(context, server, argument);
  await makeSession(context, server, directory);
}

async function makeSession(
  context: CommandContext,
  server: ServerState,
  directory: string,
): Promise<void> {
  const made = await gatewayOf(context, server).createSession({
    directory: directory === "" ? undefined : directory,
  });
  const ref = { serverID: server.endpoint.serverID, sessionID: valueOf(made).id };
  await activateNew(context, ref);
  context.documents.pages.open(ref, { tab: "conversation", prompt: {} });
}

interface DirectoryItem extends vscode.QuickPickItem {
  /** Undefined: the user will type another one. */
  readonly directory: string | undefined;
}

/** The directory the user picks or types; empty for the server's own. */
async function pickDirectory(
  context: CommandContext,
  server: ServerState,
  argument: unknown,
): Promise<string> {
  const named = refOf(context, argument);
  const items: DirectoryItem[] = directoriesOf(server, {
    folders: context.tree.options.folders,
    first: named === undefined ? undefined : getSession(context.store.state, named)?.directory,
  }).map(({ directory, description }) => ({
    label: cleanTitle(shownPath(directory), 200),
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
  const picked = await choose(items, {
    title: vscode.l10n.t("New Session"),
    placeHolder: vscode.l10n.t(
      "Which directory on “{0}” should it work in?",
      cleanTitle(server.endpoint.name),
    ),
    matchOnDescription: true,
  });
  if (picked.directory !== undefined) return picked.directory;
  const typed = await enterText({
    title: vscode.l10n.t("New Session"),
    prompt: vscode.l10n.t("Absolute path of the directory, on the server's machine"),
    validateInput: (text) =>
      isAbsolute(text.trim()) ? undefined : vscode.l10n.t("The path must be absolute."),
  });
  return typed.trim();
}

/** Whether a path is absolute on any platform. */
function isAbsolute(path: string): boolean {
  return path.startsWith("/") || /^[A-Za-z]:[\\/]/.test(path) || path.startsWith("\\\\");
}
