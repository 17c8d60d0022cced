import * as vscode from "vscode";

import { loggable } from "../core/log.ts";
import type { OutputLog } from "../platform/log.ts";
import { showError, showWarning } from "../platform/messages.ts";
import { isCancellation, Refusal } from "./failure.ts";

/**
 * Reports that something the user asked for failed: one message with a button for the log; a refusal only
 * shows its reason; a cancellation shows nothing. Logs the error in one line.
 */
export function reportFailure(log: OutputLog, what: string, error: unknown): void {
  if (isCancellation(error)) {
    log.debug("commands", `${what}: cancelled`);
    return;
  }
  if (error instanceof Refusal) {
    log.info("commands", `${what}: refused`);
    void showWarning(error.message);
    return;
  }
  const reason = error instanceof Error ? error.message : vscode.l10n.t("unknown reason");
  log.error("commands", `${what}: ${loggable(error)}`);
  const showLog = vscode.l10n.t("Show Log");
  void showError(vscode.l10n.t("{0} failed: {1}", what, reason), showLog).then((choice) => {
    if (choice === showLog) log.show();
  });
}
