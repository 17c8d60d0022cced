import * as vscode from "vscode";

import type { CommandContext } from "./commandContext.ts";
import { gatewayOf, sessionTarget } from "./target.ts";

/**
 * Opens the session in a terminal of its own, attached to its server. The password goes by the terminal's
 * environment, where no list of processes shows it.
 */
export async function openInTerminal(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Open in Terminal"));
  if (target === undefined) return;
  const { ref, server, session, title } = target;
  const attach = gatewayOf(context, server).attachCommand(session);
  await context.terminals.show(ref, async () => {
    const password = await context.servers.passwordOf(server.endpoint);
    const cwd = await existingFolder(attach.cwd);
    return {
      name: title,
      iconPath: new vscode.ThemeIcon("comment-discussion"),
      shellPath:
        attach.program === "opencode" ? context.configuration.read().opencodePath : attach.program,
      shellArgs: [...attach.args],
      env: password === undefined ? {} : { [attach.passwordVariable]: password },
      // Not brought back after a reload: neither its server's address nor its password would be fresh.
      isTransient: true,
      ...(cwd === undefined ? {} : { cwd }),
    };
  });
}

/** The session's directory where it is one of this machine; a terminal cannot begin in any other. */
async function existingFolder(path: string): Promise<vscode.Uri | undefined> {
  const uri = vscode.Uri.file(path);
  try {
    const { type } = await vscode.workspace.fs.stat(uri);
    return (type & vscode.FileType.Directory) === 0 ? undefined : uri;
  } catch {
    return undefined;
  }
}
