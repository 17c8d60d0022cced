import * as vscode from "vscode";

import type { Result } from "../../core/result.ts";
import type { CommandContext } from "../commandContext.ts";
import { Refusal, valueOf } from "../failure.ts";
import type { SessionTarget } from "../target.ts";

/**
 * The value of an answer about a session. If the server no longer knows the session, refuses and re-reads the
 * server: it was deleted without an event from the server.
 */
export function answerAbout<T>(
  context: CommandContext,
  { title }: Pick<SessionTarget, "title">,
  answer: Result<T>,
): T {
  if (answer.ok || answer.error.reason !== "notFound") return valueOf(answer);
  void context.servers.refresh();
  throw new Refusal(vscode.l10n.t("“{0}” no longer exists on its server.", title));
}

/** Throws the refusal a view model has found, if any. */
export function refuseFor(reason: string | undefined): void {
  if (reason !== undefined) throw new Refusal(reason);
}
