import * as vscode from "vscode";

import { ServerError } from "../core/errors.ts";
import { type Log, loggable } from "../core/log.ts";
import type { Result } from "../core/result.ts";

/**
 * Thrown by a command that declines a request, with the reason in one sentence. Nothing is broken, so the
 * message has no button for the log.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
}

/** Whether an error only means that the user cancelled. */
export function isCancellation(error: unknown): boolean {
  return error instanceof vscode.CancellationError || ServerError.is(error, "cancelled");
}

/** Refuses in an untrusted workspace. */
export function expectTrust(refusal: string): void {
  if (!vscode.workspace.isTrusted) throw new Refusal(refusal);
}

/** The value of a result; throws its error for the wrapper in `registerCommands.ts` to report. */
export function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw result.error;
  return result.value;
}

/** What a page shows of a failure. Anything but a refusal is logged too, after `what`. */
export function failedOutcome(
  log: Log,
  what: string,
  error: unknown,
): { readonly kind: "failed"; readonly message: string } {
  if (!(error instanceof Refusal)) log.error("commands", `${what}: ${loggable(error)}`);
  const message = error instanceof Error ? error.message : vscode.l10n.t("unknown reason");
  return { kind: "failed", message };
}
