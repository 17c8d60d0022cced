import * as vscode from "vscode";

import type { Result } from "../../core/result.ts";
import { rootOf } from "../../core/state/lookup.ts";
import type { AnswerOutcome, RequestAnswer } from "../../core/state/request.ts";
import { showStatus } from "../../platform/messages.ts";
import type { SessionRef } from "../../core/state/session.ts";
import type { Gateway } from "../../server/gateway.ts";
import type { Pending } from "../../viewModels/conversation/requests.ts";
import { requestHeadline } from "../../viewModels/documents/requestText.ts";
import type { CommandContext } from "../commandContext.ts";
import { failedOutcome, Refusal } from "../failure.ts";
import { pendingOf, pendingTarget, sendAnswer as send } from "./pendingRequest.ts";

/**
 * Opens a session's pending request on the page of its tree, where it is answered. A notification's button,
 * if the notification showed the whole request, answers directly by passing its `reply`.
 */
export async function answerRequest(context: CommandContext, argument: unknown): Promise<void> {
  const pending = await pendingTarget(context, argument);
  const { ref, request } = pending;
  if (request.kind === "permission" && isAllowedOnce(argument)) {
    await send(context, pending, (gateway) => gateway.replyPermission(request, "once", undefined));
    showStatus(vscode.l10n.t("Allowed once: {0}", requestHeadline(request)), 4_000);
    return;
  }
  const root = rootOf(context.store.state, ref);
  context.documents.pages.open(root, { tab: "conversation", requestID: request.id });
}

/** Sends an answer given on a page. Returns the outcome for the page to show; never throws. */
export async function sendAnswer(
  context: CommandContext,
  ref: SessionRef,
  requestID: string,
  answer: RequestAnswer,
): Promise<AnswerOutcome> {
  try {
    const pending = pendingOf(context, ref, requestID);
    await send(context, pending, (gateway) => sendTo(gateway, pending, answer));
    return { kind: "sent" };
  } catch (error) {
    return failedOutcome(context.log, "an answer was not sent", error);
  }
}

function sendTo(
  gateway: Gateway,
  { request }: Pending,
  answer: RequestAnswer,
): Promise<Result<undefined>> {
  switch (answer.kind) {
    case "permission":
      if (request.kind !== "permission") break;
      if (answer.reply === "always" && request.always.length === 0) {
        throw new Refusal(vscode.l10n.t("The server only allows this once."));
      }
      return gateway.replyPermission(request, answer.reply, answer.reason);
    case "answers":
      if (request.kind !== "question") break;
      return gateway.replyQuestion(request, new Map(Object.entries(answer.answers)));
    case "decline":
      if (request.kind !== "question") break;
      return gateway.rejectQuestion(request);
  }
  throw new Refusal(vscode.l10n.t("There is no answer to send."));
}

function isAllowedOnce(argument: unknown): boolean {
  return (
    typeof argument === "object" &&
    argument !== null &&
    "reply" in argument &&
    argument.reply === "once"
  );
}
