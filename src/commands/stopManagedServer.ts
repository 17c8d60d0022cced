import * as vscode from "vscode";

import type { CommandContext } from "./commandContext.ts";
import { Refusal } from "./failure.ts";

/** Lets go of the server of our own; it stops when no other window uses it. */
export async function stopManagedServer({ managedServer }: CommandContext): Promise<void> {
  if (managedServer.state === "stopped") {
    throw new Refusal(vscode.l10n.t("No managed server is running."));
  }
  await managedServer.stop();
}
