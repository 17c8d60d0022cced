import * as vscode from "vscode";

import { iconText, plainText } from "../core/plainText.ts";

/*
 * The only access to VS Code's message boxes, lists, input boxes and status messages. VS Code renders icons and links
 * that run commands in their text, which may contain titles, errors and answers from servers and models, so the text
 * is escaped here. Our own icons are passed separately. A lint rule forbids calling `vscode.window` directly.
 */

/** Shows a message; resolves with the clicked choice, or undefined if the message was dismissed. */
export interface ShowMessage {
  <T extends string | vscode.MessageItem>(
    message: string,
    ...choices: readonly T[]
  ): Promise<T | undefined>;
}

/** Asks in a modal dialog; resolves with undefined for Cancel. */
export interface AskInDialog {
  <T extends string>(
    question: string,
    detail: string,
    ...choices: readonly T[]
  ): Promise<T | undefined>;
}

/** A message box for information. */
export const showInformation: ShowMessage = (message, ...choices) =>
  showChoices(choices, (items) =>
    vscode.window.showInformationMessage(plainText(message), ...items),
  );

/** A message box for something that did not go as requested. */
export const showWarning: ShowMessage = (message, ...choices) =>
  showChoices(choices, (items) => vscode.window.showWarningMessage(plainText(message), ...items));

export const showError: ShowMessage = (message, ...choices) =>
  showChoices(choices, (items) => vscode.window.showErrorMessage(plainText(message), ...items));

/** A dialog for a harmless decision. */
export const askInformation: AskInDialog = (question, detail, ...choices) =>
  showChoices(choices, (items) =>
    vscode.window.showInformationMessage(plainText(question), modal(detail), ...items),
  );

/** A dialog for a decision that cannot be undone, or that discloses something. */
export const askWarning: AskInDialog = (question, detail, ...choices) =>
  showChoices(choices, (items) =>
    vscode.window.showWarningMessage(plainText(question), modal(detail), ...items),
  );

function modal(detail: string): vscode.MessageOptions {
  return { modal: true, detail: plainText(detail) };
}

async function showChoices<T extends string | vscode.MessageItem>(
  choices: readonly T[],
  show: (items: readonly vscode.MessageItem[]) => Thenable<vscode.MessageItem | undefined>,
): Promise<T | undefined> {
  const items = choices.map((choice): vscode.MessageItem => {
    if (typeof choice === "string") return { title: plainText(choice) };
    return { ...choice, title: plainText(choice.title) };
  });
  const item = await show(items);
  return item === undefined ? undefined : choices[items.indexOf(item)];
}

/** Lets the user pick one item from a list; icons go in `iconPath`. Undefined if cancelled. */
export async function pickOne<T extends vscode.QuickPickItem>(
  items: readonly T[],
  options: Omit<vscode.QuickPickOptions, "canPickMany"> = {},
): Promise<T | undefined> {
  const shown = plainItems(items);
  const picked = await vscode.window.showQuickPick(shown, options);
  return picked === undefined ? undefined : items[shown.indexOf(picked)];
}

/** Like `pickOne`, for any number of items. */
export async function pickMany<T extends vscode.QuickPickItem>(
  items: readonly T[],
  options: Omit<vscode.QuickPickOptions, "canPickMany">,
): Promise<readonly T[] | undefined> {
  const shown = plainItems(items);
  const picked = await vscode.window.showQuickPick(shown, { ...options, canPickMany: true });
  return picked && items.filter((_, index) => picked.some((item) => item === shown[index]));
}

/** The same items with texts in which nothing is rendered as an icon. */
export function plainItems<T extends vscode.QuickPickItem>(items: readonly T[]): readonly T[] {
  return items.map((item) => ({
    ...item,
    label: plainText(item.label),
    ...(item.description === undefined ? {} : { description: plainText(item.description) }),
    ...(item.detail === undefined ? {} : { detail: plainText(item.detail) }),
  }));
}

/** Options for `askForText`; without `validateInput` any line is accepted. */
export interface TextOptions extends Omit<vscode.InputBoxOptions, "validateInput"> {
  readonly validateInput?: (value: string) => string | vscode.InputBoxValidationMessage | undefined;
}

/** Asks for a line of text; undefined if cancelled. The messages of `validateInput` are escaped, too. */
export async function askForText(options: TextOptions): Promise<string | undefined> {
  const { title, prompt, validateInput } = options;
  return vscode.window.showInputBox({
    ...options,
    ...(title === undefined ? {} : { title: plainText(title) }),
    ...(prompt === undefined ? {} : { prompt: plainText(prompt) }),
    ...(validateInput === undefined
      ? {}
      : {
          validateInput: (value: string) => {
            const problem = validateInput(value);
            if (problem === undefined) return undefined;
            if (typeof problem === "string") return plainText(problem);
            return { ...problem, message: plainText(problem.message) };
          },
        }),
  });
}

/** Shows a temporary message in the status bar. */
export function showStatus(text: string, durationMs: number, icon?: string): void {
  const shown = icon === undefined ? plainText(text) : iconText(icon, text);
  vscode.window.setStatusBarMessage(shown, durationMs);
}

/**
 * Markdown for a tooltip, from text that is already escaped (`escapeMarkdown`). HTML is disabled, and only
 * `enabledCommands` can be run from it.
 */
export function tooltipMarkdown(
  text: string,
  enabledCommands: readonly string[] = [],
): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString(text);
  if (enabledCommands.length > 0) markdown.isTrusted = { enabledCommands };
  return markdown;
}
