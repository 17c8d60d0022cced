import * as vscode from "vscode";

import { ServerError } from "../core/errors.ts";
import type { Result } from "../core/result.ts";

/**
 * A command that will not do what was asked, with the reason in one sentence. Nothing is broken, so the
 * person is told without a way to the log.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
}

/** Whether an error only says that the person changed their mind. */
export function isCancellation(error: unknown): boolean {
  return error instanceof vscode.CancellationError || ServerError.is(error, "cancelled");
}

/** The value of a result; its error is thrown for the wrapper in `registerCommands.ts` to tell. */
export function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw result.error;
  return result.value;
}
