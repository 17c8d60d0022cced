import * as vscode from "vscode";

import { showInformation } from "../../platform/messages.ts";
import { confirm } from "../ask.ts";
import type { CommandContext } from "../commandContext.ts";
import { expectTrust, Refusal, valueOf } from "../failure.ts";
import { withProgress } from "../withProgress.ts";

/** Starts the managed server, which all windows share and which ends with the last of them. */
export async function startManagedServer({ managedServer }: CommandContext): Promise<void> {
  expectTrust(
    vscode.l10n.t(
      "A server runs programs from a project's configuration, so trust this workspace first.",
    ),
  );
  const title = vscode.l10n.t("Starting an OpenCode server…");
  valueOf(await withProgress(title, (signal) => managedServer.start(signal)));
}

/** Stops the managed server for every window that uses it; asks first if it has a busy session. */
export async function stopManagedServer({ managedServer, store }: CommandContext): Promise<void> {
  if (managedServer.state === "stopped") {
    throw new Refusal(vscode.l10n.t("No private server is running."));
  }
  const isAtWork = [...store.state.servers.values()].some(
    ({ endpoint, live }) =>
      endpoint.origin === "managed" &&
      [...live.values()].some(({ activity }) => activity.kind !== "idle"),
  );
  if (isAtWork) {
    await confirm(
      vscode.l10n.t("Stop the private server?"),
      vscode.l10n.t("Sessions are running on it. They will be interrupted, in every window."),
      vscode.l10n.t("Stop"),
    );
  }
  valueOf(await managedServer.stop());
}

/** Starts the user's background service of OpenCode 2, which keeps running after the editor closes. */
export async function startService({ service }: CommandContext): Promise<void> {
  expectTrust(
    vscode.l10n.t(
      "The service runs programs from a project's configuration, so trust this workspace first.",
    ),
  );
  const title = vscode.l10n.t("Starting OpenCode's background service…");
  const version = valueOf(await withProgress(title, (signal) => service.start(signal)));
  void showInformation(
    vscode.l10n.t(
      "The background service of OpenCode {0} is running. It keeps running when VS Code is closed: `opencode service stop` ends it.",
      version,
    ),
  );
}
