import * as vscode from "vscode";

import type { CommandContext } from "../commandContext.ts";
import { Refusal, valueOf } from "../failure.ts";
import { withProgress } from "../withProgress.ts";

/** Starts the managed server, which all windows share and which ends with the last of them. */
export async function startManagedServer({ managedServer }: CommandContext): Promise<void> {
  if (!vscode.workspace.isTrusted) {
    throw new Refusal(
      vscode.l10n.t(
        "A server runs programs from a project's configuration, so trust this workspace first.",
      ),
    );
  }
  const title = vscode.l10n.t("Starting an OpenCode server…");
  valueOf(await withProgress(title, (signal) => managedServer.start(signal)));
}
