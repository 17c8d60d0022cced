import type { PermissionReply } from "../core/request.ts";
import { answerPermission, sendPermissionAnswer } from "./answerPermission.ts";
import { answerQuestions } from "./answerQuestions.ts";
import type { CommandContext } from "./commandContext.ts";
import { pendingTarget } from "./pendingRequest.ts";

/**
 * Answers what a session waits for: shows all there is to decide about, asks, and sends the answer. A button
 * of a notification has shown and asked already: it names its `reply`.
 */
export async function answerRequest(context: CommandContext, argument: unknown): Promise<void> {
  const pending = await pendingTarget(context, argument);
  if (pending === undefined) return;
  const { request } = pending;
  if (request.kind === "question") {
    await answerQuestions(context, { ...pending, request });
    return;
  }
  const permission = { ...pending, request };
  const reply = replyOf(argument);
  if (reply === undefined) await answerPermission(context, permission);
  else await sendPermissionAnswer(context, permission, reply);
}

function replyOf(argument: unknown): PermissionReply | undefined {
  if (typeof argument !== "object" || argument === null || !("reply" in argument)) return undefined;
  const { reply } = argument;
  return reply === "once" || reply === "always" || reply === "reject" ? reply : undefined;
}
