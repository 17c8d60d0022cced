import * as vscode from "vscode";

import { answersThatApply, isAsked } from "../core/questionForm.ts";
import type { QuestionRequest } from "../core/request.ts";
import { namesOf } from "../viewModels/attentionRow.ts";
import { askQuestion } from "./askQuestion.ts";
import type { CommandContext } from "./commandContext.ts";
import { type Pending, sendAnswer } from "./pendingRequest.ts";

type PendingQuestions = Pending & { readonly request: QuestionRequest };

/** A question longer than an input's one line is opened in full beside it. */
const LINE_LENGTH = 110;

/**
 * Asks a person what a session asks, question by question with a way back, and sends the answers. Those that
 * depend on another answer are asked only where it was given. Escape leaves everything as it is; to decline
 * is an answer of its own.
 */
export async function answerQuestions(
  context: CommandContext,
  pending: PendingQuestions,
): Promise<void> {
  const { ref, request } = pending;
  const { questions } = request;
  const { session, root } = namesOf(context.store.state, ref);
  const title = root === undefined ? session : `${session} in ${root}`;
  const isLong = questions.some(({ text }) => text.length > LINE_LENGTH || text.includes("\n"));
  const opened = isLong ? await context.documents.openRequest(ref, request) : undefined;
  const answers = new Map<string, readonly string[]>();
  const asked: number[] = [];
  let at = 0;
  try {
    while (at < questions.length) {
      const question = questions[at];
      if (question === undefined || !isAsked(questions, question, answers)) {
        at++;
        continue;
      }
      const reply = await askQuestion(question, {
        title,
        step: asked.length + 1,
        total: questions.length,
        given: answers.get(question.key),
      });
      if (reply.kind === "cancelled") return;
      if (reply.kind === "declined") {
        await sendAnswer(context, pending, (gateway) => gateway.rejectQuestion(request));
        vscode.window.setStatusBarMessage(vscode.l10n.t("Declined to answer."), 4_000);
        return;
      }
      if (reply.kind === "back") {
        at = asked.pop() ?? 0;
        continue;
      }
      if (reply.values === undefined) answers.delete(question.key);
      else answers.set(question.key, reply.values);
      asked.push(at);
      at++;
    }
  } finally {
    await opened?.close();
  }
  const final = answersThatApply(questions, answers);
  await sendAnswer(context, pending, (gateway) => gateway.replyQuestion(request, final));
  vscode.window.setStatusBarMessage(vscode.l10n.t("Answered."), 4_000);
}
