import * as vscode from "vscode";

import { showInformation } from "../../platform/messages.ts";
import type { CommandContext } from "../commandContext.ts";
import { Refusal, valueOf } from "../failure.ts";
import { withProgress } from "../withProgress.ts";

/** Starts the user's background service of OpenCode 2, which keeps running after the editor closes. */
export async function startService({ service }: CommandContext): Promise<void> {
  if (!vscode.workspace.isTrusted) {
    throw new Refusal(
      vscode.l10n.t(
        "The service runs programs from a project's configuration, so trust this workspace first.",
      ),
    );
  }
  const title = vscode.l10n.t("Starting OpenCode's background service…");
  const version = valueOf(await withProgress(title, (signal) => service.start(signal)));
  void showInformation(
    vscode.l10n.t(
      "The background service of OpenCode {0} is running. It keeps running when VS Code is closed: `opencode service stop` ends it.",
      version,
    ),
  );
}
