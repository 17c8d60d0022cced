import * as vscode from "vscode";

import { confirm } from "../ask.ts";
import type { CommandContext } from "../commandContext.ts";
import { Refusal, valueOf } from "../failure.ts";

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
