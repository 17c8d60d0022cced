import { t } from "../language.ts";
import type { Question, QuestionAnswers } from "./request.ts";

/*
 * The rules of a form: which questions apply, and which answers they accept. Answers are texts by question key, as
 * in `QuestionAnswers`; a boolean is `true` or `false`.
 */

/**
 * Whether a question applies, given the answers so far. A conditional question applies only if the question it
 * depends on applies and has the required answer.
 */
export function isApplicable(
  questions: readonly Question[],
  { when }: Question,
  answers: QuestionAnswers,
): boolean {
  if (when === undefined) return true;
  const other = questions.find(({ key }) => key === when.key);
  if (other === undefined || !isApplicable(before(questions, other), other, answers)) return false;
  return answers.get(when.key)?.includes(String(when.value)) === true;
}

/** Conditions may only refer to earlier questions, so cyclic conditions cannot cause endless recursion. */
function before(questions: readonly Question[], question: Question): readonly Question[] {
  return questions.slice(0, questions.indexOf(question));
}

/** The answers to questions that apply. Going back in the form may have left others. */
export function applicableAnswers(
  questions: readonly Question[],
  answers: QuestionAnswers,
): QuestionAnswers {
  const applying = new Map<string, readonly string[]>();
  for (const question of questions) {
    const given = answers.get(question.key);
    if (given !== undefined && isApplicable(questions, question, answers)) {
      applying.set(question.key, given);
    }
  }
  return applying;
}

/** Why a typed text isn't a valid answer, as a message for the user; undefined if it is valid. */
export function validateAnswer({ type, isRequired }: Question, text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return isRequired ? t("Enter an answer.") : undefined;
  if (type === "number" && !Number.isFinite(Number(trimmed))) return t("Enter a number.");
  if (type === "integer" && !Number.isInteger(Number(trimmed))) return t("Enter a whole number.");
  return undefined;
}
