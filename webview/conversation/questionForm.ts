import { t } from "../../src/core/language.ts";
import {
  applicableAnswers,
  isApplicable,
  validateAnswer,
} from "../../src/core/state/questionForm.ts";
import type { Question, RequestAnswer } from "../../src/core/state/request.ts";
import { element, setShown, setText } from "../dom.ts";
import { LINK_ATTRIBUTE } from "./markdown.ts";
import { requestButton } from "./requestButton.ts";

interface Field {
  readonly question: Question;
  readonly element: HTMLElement;
  /** The chosen or typed values; empty for none. */
  readonly values: () => readonly string[];
  /** Shows what is wrong with the answer; returns true if nothing is. */
  check(): boolean;
}

/** Numbers the forms, so that options of different forms never share a group. */
let forms = 0;

/** Shows all questions of a request at once. Those that depend on another answer appear once it is given. */
export function createQuestionForm(
  questions: readonly Question[],
  send: (answer: RequestAnswer) => void,
): HTMLElement {
  forms += 1;
  const fields = questions.map((question, at) => createField(question, `q${forms}-${at}`));
  const answers = (): ReadonlyMap<string, readonly string[]> =>
    new Map(
      fields.flatMap(({ question, values }) => {
        const given = values();
        return given.length === 0 ? [] : [[question.key, given] as const];
      }),
    );
  const updateVisibility = (): void => {
    const given = answers();
    for (const field of fields) {
      setShown(field.element, isApplicable(questions, field.question, given));
    }
  };
  const form = element(
    "div",
    { class: "question-form" },
    ...fields.map((field) => field.element),
    element(
      "div",
      { class: "request-buttons" },
      requestButton(t("Answer"), "primary", () => {
        const wrong = fields.filter((field) => !field.element.hidden && !field.check());
        wrong[0]?.element.querySelector<HTMLElement>("input")?.focus();
        if (wrong.length > 0) return;
        send({
          kind: "answers",
          answers: Object.fromEntries(applicableAnswers(questions, answers())),
        });
      }),
      requestButton(t("Decline"), "secondary", () => {
        send({ kind: "decline" });
      }),
    ),
  );
  form.addEventListener("input", updateVisibility);
  updateVisibility();
  return form;
}

function createField(question: Question, name: string): Field {
  const problem = element("p", { class: "request-failure", role: "status" });
  const { header, text } = question;
  const isNamed = header !== "" && text !== "" && !text.startsWith(header);
  const legend = element(
    "p",
    { class: "question-text", id: `${name}-text` },
    ...(isNamed ? [element("strong", {}, header), " "] : []),
    text === "" ? header : text,
  );
  const control = createControl(question, name);
  const check = (): boolean => {
    const wrong = control.problem();
    setText(problem, wrong ?? "");
    return wrong === undefined;
  };
  return {
    question,
    element: element(
      "div",
      { class: "question", role: "group", "aria-labelledby": `${name}-text` },
      legend,
      ...control.elements,
      problem,
    ),
    values: control.values,
    check,
  };
}

interface AnswerControl {
  readonly elements: readonly HTMLElement[];
  readonly values: () => readonly string[];
  problem(): string | undefined;
}

function createControl(question: Question, name: string): AnswerControl {
  switch (question.type) {
    case "choice":
      return question.options.length === 0 && !question.isMultiple
        ? textControl(question, name)
        : choiceControl(question, name);
    case "boolean":
      return choiceControl(
        {
          ...question,
          allowsCustom: false,
          isMultiple: false,
          options: [
            { label: t("Yes"), value: "true", description: "" },
            { label: t("No"), value: "false", description: "" },
          ],
        },
        name,
      );
    case "external":
      return externalControl(question, name);
    case "text":
    case "number":
    case "integer":
      return textControl(question, name);
  }
}

function textControl(question: Question, name: string): AnswerControl {
  const input = element("input", {
    type: "text",
    class: "request-text",
    "aria-labelledby": `${name}-text`,
    "aria-required": question.isRequired ? "true" : undefined,
    inputmode: question.type === "text" || question.type === "choice" ? undefined : "decimal",
  });
  const typed = (): string => input.value.trim();
  return {
    elements: [input],
    values: () => (typed() === "" ? [] : [typed()]),
    problem: () => validateAnswer(question, typed()),
  };
}

function choiceControl(question: Question, name: string): AnswerControl {
  const { isMultiple, isRequired, allowsCustom, options } = question;
  const type = isMultiple ? "checkbox" : "radio";
  const made = options.map(({ label, value, description }, at) => {
    const input = element("input", { type, name, id: `${name}-${at}` });
    return {
      input,
      value,
      line: element(
        "div",
        { class: "option" },
        input,
        element(
          "label",
          { for: `${name}-${at}` },
          label,
          ...(description === ""
            ? []
            : [element("span", { class: "option-note" }, ` ${description}`)]),
        ),
      ),
    };
  });
  const own = element("input", {
    type: "text",
    class: "request-text",
    placeholder: t("Another answer"),
    "aria-label": t("Another answer"),
  });
  // Typing a custom answer deselects the other options.
  own.addEventListener("input", () => {
    if (!isMultiple && own.value.trim() !== "") for (const { input } of made) input.checked = false;
  });
  const values = (): readonly string[] => {
    const typed = own.value.trim();
    const chosen = made.flatMap(({ input, value }) => (input.checked ? value : []));
    if (typed === "") return chosen;
    return isMultiple ? [...chosen, typed] : [typed];
  };
  for (const { input } of made) {
    input.addEventListener("input", () => {
      if (!isMultiple) own.value = "";
    });
  }
  return {
    elements: [...made.map(({ line }) => line), ...(allowsCustom ? [own] : [])],
    values,
    problem: () => (isRequired && values().length === 0 ? t("Choose an answer.") : undefined),
  };
}

/** Something the user does elsewhere and then confirms here. */
function externalControl(question: Question, name: string): AnswerControl {
  const { url } = question;
  const done = element("input", { type: "checkbox", id: `${name}-done` });
  const link = element(
    "a",
    { role: "link", tabindex: 0, [LINK_ATTRIBUTE]: url, title: url },
    url ?? "",
  );
  setShown(link, url !== undefined);
  return {
    elements: [
      element("p", { class: "markdown" }, link),
      element(
        "div",
        { class: "option" },
        done,
        element("label", { for: `${name}-done` }, t("Done")),
      ),
    ],
    values: () => (done.checked ? ["done"] : []),
    problem: () =>
      question.isRequired && !done.checked ? t("Tick this once it is done.") : undefined,
  };
}
