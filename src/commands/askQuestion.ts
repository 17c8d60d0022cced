import * as vscode from "vscode";

import { problemOfText } from "../core/questionForm.ts";
import type { Question } from "../core/request.ts";
import { withoutIcons } from "../viewModels/markdown.ts";

/** What a person did with a question. `values` undefined: left unanswered, where that is allowed. */
export type QuestionReply =
  | { readonly kind: "answered"; readonly values: readonly string[] | undefined }
  | { readonly kind: "back" }
  | { readonly kind: "declined" }
  | { readonly kind: "cancelled" };

/** Where a question stands among the others. */
export interface QuestionPlace {
  readonly title: string;
  /** From 1. */
  readonly step: number;
  readonly total: number;
  /** What was answered before a step back. */
  readonly given: readonly string[] | undefined;
}

type Open = vscode.QuickPick<Choice> | vscode.InputBox;

interface Choice extends vscode.QuickPickItem {
  readonly value?: string;
  readonly action?: "own" | "open" | "skip";
}

const DECLINE: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon("circle-slash"),
  tooltip: vscode.l10n.t("Decline to Answer"),
};

/** Asks one question in the way its kind wants. */
export async function askQuestion(
  question: Question,
  place: QuestionPlace,
): Promise<QuestionReply> {
  switch (question.type) {
    case "choice":
      return question.options.length === 0 && !question.isMultiple
        ? askText(question, place)
        : askChoice(question, place);
    case "boolean":
      return askChoice(
        {
          ...question,
          allowsCustom: false,
          isMultiple: false,
          options: [
            { label: vscode.l10n.t("Yes"), value: "true", description: "" },
            { label: vscode.l10n.t("No"), value: "false", description: "" },
          ],
        },
        place,
      );
    case "external":
      return askToOpen(question, place);
    case "text":
    case "number":
    case "integer":
      return askText(question, place);
  }
}

async function askChoice(question: Question, place: QuestionPlace): Promise<QuestionReply> {
  const pick = vscode.window.createQuickPick<Choice>();
  dress(pick, question, place);
  pick.canSelectMany = question.isMultiple;
  pick.matchOnDetail = true;
  const own = (place.given ?? []).filter(
    (value) => !question.options.some((option) => option.value === value),
  );
  const options: Choice[] = [
    ...question.options.map(({ label, value, description }) => ({
      label: withoutIcons(label),
      detail: description,
      value,
    })),
    ...own.map((value) => ({ label: withoutIcons(value), value })),
  ];
  const extras: Choice[] = [];
  if (question.allowsCustom) {
    // Shown whatever is typed: who answers in their own words may begin at once.
    const label = vscode.l10n.t("$(edit) Another Answer…");
    extras.push({ label, action: "own", alwaysShow: true });
  }
  if (!question.isRequired && !question.isMultiple) {
    extras.push({ label: vscode.l10n.t("$(arrow-right) Leave It Open"), action: "skip" });
  }
  pick.items = [...options, ...extras];
  const before = options.filter(({ value }) => value !== undefined && place.given?.includes(value));
  if (question.isMultiple) pick.selectedItems = before;
  else if (before[0] !== undefined) pick.activeItems = [before[0]];

  return run(pick, async () => {
    const chosen = pick.selectedItems;
    const values = chosen.flatMap(({ value }) => value ?? []);
    if (chosen.some(({ action }) => action === "skip")) return answered(undefined);
    const typed = pick.value.trim();
    const isNoOption = typed !== "" && !options.some((option) => isFoundBy(option, typed));
    if (chosen.some(({ action }) => action === "own") || (question.allowsCustom && isNoOption)) {
      const text = await askText({ ...question, type: "text", isRequired: true }, place, typed);
      if (text.kind !== "answered") return text.kind === "back" ? undefined : text;
      return answered([...values, ...(text.values ?? [])]);
    }
    if (values.length === 0 && (question.isRequired || !question.isMultiple)) return undefined;
    return answered(values);
  });
}

function isFoundBy({ label, detail = "" }: Choice, typed: string): boolean {
  return `${label}\n${detail}`.toLowerCase().includes(typed.toLowerCase());
}

async function askText(
  question: Question,
  place: QuestionPlace,
  value = place.given?.[0] ?? "",
): Promise<QuestionReply> {
  const input = vscode.window.createInputBox();
  dress(input, question, place);
  input.prompt = question.text;
  input.placeholder = question.isRequired ? "" : vscode.l10n.t("Optional");
  input.value = value;
  input.onDidChangeValue(() => {
    // What is missing is said when it is sent, not while somebody begins to type.
    input.validationMessage = input.value === "" ? undefined : problemOfText(question, input.value);
  });
  return run(input, () => {
    const problem = problemOfText(question, input.value);
    input.validationMessage = problem;
    if (problem !== undefined) return Promise.resolve(undefined);
    const isNumber = question.type === "number" || question.type === "integer";
    const text = isNumber ? input.value.trim() : input.value;
    return Promise.resolve(answered(text.trim() === "" ? undefined : [text]));
  });
}

/** A step outside: the address is shown before it is opened, and the form goes on when the person is back. */
async function askToOpen(question: Question, place: QuestionPlace): Promise<QuestionReply> {
  const pick = vscode.window.createQuickPick<Choice>();
  dress(pick, question, place);
  const url = question.url ?? "";
  const uri = /^https?:\/\//i.test(url) ? vscode.Uri.parse(url, true) : undefined;
  pick.items = [
    ...(uri === undefined
      ? []
      : [
          {
            label: vscode.l10n.t("$(link-external) Open in the Browser"),
            detail: withoutIcons(url),
            action: "open" as const,
          },
        ]),
    { label: vscode.l10n.t("$(check) Done, Go On"), value: "done" },
  ];
  return run(pick, async () => {
    const [chosen] = pick.selectedItems;
    if (chosen?.action === "open" && uri !== undefined) {
      await vscode.env.openExternal(uri);
      return undefined;
    }
    return answered(undefined);
  });
}

function dress(open: Open, question: Question, { title, step, total }: QuestionPlace): void {
  open.title = question.header === "" ? title : `${title}: ${question.header}`;
  if (total > 1) {
    open.step = step;
    open.totalSteps = total;
  }
  if ("placeholder" in open) open.placeholder = question.text;
  open.ignoreFocusOut = true;
  open.buttons = [...(step > 1 ? [vscode.QuickInputButtons.Back] : []), DECLINE];
}

function answered(values: readonly string[] | undefined): QuestionReply {
  return { kind: "answered", values };
}

/** Shows an input until `accept` gives a reply; undefined leaves it open. */
async function run(
  open: Open,
  accept: () => Promise<QuestionReply | undefined>,
): Promise<QuestionReply> {
  return new Promise((resolve, reject) => {
    let isAccepting = false;
    const end = (reply: QuestionReply): void => {
      resolve(reply);
      open.dispose();
    };
    open.onDidAccept(() => {
      // A second Enter before the first one has had its effect.
      if (isAccepting) return;
      isAccepting = true;
      accept()
        .then((reply) => {
          isAccepting = false;
          if (reply === undefined) open.show();
          else end(reply);
        })
        .catch(reject);
    });
    open.onDidTriggerButton((button) => {
      end({ kind: button === DECLINE ? "declined" : "back" });
    });
    open.onDidHide(() => {
      // Another input has taken its place, for the person's own words.
      if (!isAccepting) end({ kind: "cancelled" });
    });
    open.show();
  });
}
