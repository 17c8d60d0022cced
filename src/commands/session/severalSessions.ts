import * as vscode from "vscode";

import { loggable } from "../../core/log.ts";
import { showWarning } from "../../platform/messages.ts";
import type { CommandContext } from "../commandContext.ts";
import { Refusal } from "../failure.ts";
import type { SessionTarget } from "../target.ts";
import { withProgress } from "../withProgress.ts";

/** Progress is shown from this many sessions on. */
const MANY = 4;

/**
 * Runs an action on several sessions, one after the other. With one session its failure is thrown; with several the
 * rest continue, and one message says how many failed and why the first did. Returns the sessions that succeeded.
 */
export async function forEachSession(
  context: CommandContext,
  targets: readonly SessionTarget[],
  progress: string,
  run: (target: SessionTarget) => Promise<void>,
): Promise<readonly SessionTarget[]> {
  const [only] = targets;
  if (only !== undefined && targets.length === 1) {
    await run(only);
    return targets;
  }
  const done: SessionTarget[] = [];
  const failures: unknown[] = [];
  const runAll = async (
    signal?: AbortSignal,
    report?: (message: string, percent: number) => void,
  ): Promise<void> => {
    for (const target of targets) {
      if (signal?.aborted === true) break;
      report?.(target.title, 100 / targets.length);
      try {
        await run(target);
        done.push(target);
      } catch (error) {
        failures.push(error);
        if (!(error instanceof Refusal)) {
          context.log.error("commands", `${progress}: ${target.session.id}: ${loggable(error)}`);
        }
      }
    }
  };
  if (targets.length < MANY) await runAll();
  else await withProgress(progress, runAll);
  const [first] = failures;
  if (first !== undefined) {
    const reason = first instanceof Error ? first.message : vscode.l10n.t("unknown reason");
    void showWarning(
      vscode.l10n.t("{0} of {1} sessions failed: {2}", failures.length, targets.length, reason),
    );
  }
  return done;
}
