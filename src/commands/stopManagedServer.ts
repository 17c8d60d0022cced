import * as vscode from "vscode";

import type { CommandContext } from "./commandContext.ts";
import { Refusal, valueOf } from "./failure.ts";

/** Stops the server of our own, for every window that uses it; asks first while a session is at work on it. */
export async function stopManagedServer({ managedServer, store }: CommandContext): Promise<void> {
  if (managedServer.state === "stopped") {
    throw new Refusal(vscode.l10n.t("No managed server is running."));
  }
  const isAtWork = [...store.state.servers.values()].some(
    ({ endpoint, live }) =>
      endpoint.origin === "managed" &&
      [...live.values()].some(({ activity }) => activity.kind !== "idle"),
  );
  if (isAtWork) {
    const stop = vscode.l10n.t("Stop");
    const answer = await vscode.window.showWarningMessage(
      vscode.l10n.t("Stop the managed server?"),
      {
        modal: true,
        detail: vscode.l10n.t("Sessions are at work on it. They are interrupted, in every window."),
      },
      stop,
    );
    if (answer !== stop) return;
  }
  valueOf(await managedServer.stop());
}
