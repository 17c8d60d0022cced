import * as vscode from "vscode";

import { ServerError } from "../core/errors.ts";
import type { OutputLog } from "../platform/log.ts";
import { showError, showWarning } from "../platform/messages.ts";
import { isCancellation, Refusal } from "./failure.ts";

/**
 * Tells a person that something they asked for did not happen: one message with a way to the log; a refusal
 * is only a reason; who cancelled is told nothing. What went wrong is logged in one line, without a stack of
 * a server's making.
 */
export function tellFailure(log: OutputLog, what: string, error: unknown): void {
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
  log.error("commands", `${what}: ${describe(error)}`);
  const showLog = vscode.l10n.t("Show Log");
  void showError(vscode.l10n.t("{0} failed: {1}", what, reason), showLog).then((choice) => {
    if (choice === showLog) log.show();
  });
}

function describe(error: unknown): string {
  if (ServerError.is(error)) return `${error.reason}, ${error.message}`;
  // Errors of our own making: the stack is the way to the cause.
  return error instanceof Error ? (error.stack ?? error.message) : typeof error;
}
