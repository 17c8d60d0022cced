import type { Question, QuestionAnswers } from "../../core/state/request.ts";

type FieldValue = string | number | boolean | readonly string[];

/**
 * The answer of a form as the server accepts it: each field in its own type, without fields that were not
 * answered or not asked. Text is also left out if a number is required and it isn't one: the server reports
 * what is missing.
 */
export function formAnswer(
  questions: readonly Question[],
  answers: QuestionAnswers,
): Readonly<Record<string, FieldValue>> {
  const answer: Record<string, FieldValue> = {};
  for (const question of questions) {
    if (question.type === "external" || !isAsked(question, answer)) continue;
    const value = fieldValue(question, answers.get(question.key) ?? []);
    if (value !== undefined) answer[question.key] = value;
  }
  return answer;
}

/** Whether a question applies, given the answers before it. */
function isAsked({ when }: Question, answer: Readonly<Record<string, FieldValue>>): boolean {
  return when === undefined || answer[when.key] === when.value;
}

function fieldValue(question: Question, given: readonly string[]): FieldValue | undefined {
  if (question.isMultiple) return given.length > 0 || question.isRequired ? given : undefined;
  const first = given[0];
  if (first === undefined) return undefined;
  switch (question.type) {
    case "number":
    case "integer": {
      const number = Number(first);
      const fits = question.type === "number" ? Number.isFinite(number) : Number.isInteger(number);
      return first.trim() === "" || !fits ? undefined : number;
    }
    case "boolean":
      return first === "true" || first === "yes";
    default:
      return first;
  }
}
