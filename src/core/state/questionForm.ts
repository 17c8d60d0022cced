import { t } from "../language.ts";
import type { Question, QuestionAnswers } from "./request.ts";

/*
 * The rules of a form: which questions apply, and which answers they take. Answers are texts by question
 * key, as `QuestionAnswers` has them; a boolean is `true` or `false`.
 */

/**
 * Whether a question applies, given the answers so far: always, unless it depends on the answer of another
 * one that was itself asked.
 */
export function isAsked(
  questions: readonly Question[],
  { when }: Question,
  answers: QuestionAnswers,
): boolean {
  if (when === undefined) return true;
  const other = questions.find(({ key }) => key === when.key);
  if (other === undefined || !isAsked(before(questions, other), other, answers)) return false;
  return answers.get(when.key)?.includes(String(when.value)) === true;
}

/** A condition looks back only, so that no circle of conditions is followed for ever. */
function before(questions: readonly Question[], question: Question): readonly Question[] {
  return questions.slice(0, questions.indexOf(question));
}

/** The answers that count: those of questions that apply. Going back may have left others. */
export function answersThatApply(
  questions: readonly Question[],
  answers: QuestionAnswers,
): QuestionAnswers {
  const applying = new Map<string, readonly string[]>();
  for (const question of questions) {
    const given = answers.get(question.key);
    if (given !== undefined && isAsked(questions, question, answers)) {
      applying.set(question.key, given);
    }
  }
  return applying;
}

/** Why a typed text is no answer, in words for the person who types; undefined when it is one. */
export function problemOfText({ type, isRequired }: Question, text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return isRequired ? t("Enter an answer.") : undefined;
  if (type === "number" && !Number.isFinite(Number(trimmed))) return t("Enter a number.");
  if (type === "integer" && !Number.isInteger(Number(trimmed))) return t("Enter a whole number.");
  return undefined;
}
