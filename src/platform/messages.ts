import * as vscode from "vscode";

import { iconText, plainText } from "../core/plainText.ts";

/*
 * The only way to VS Code's message boxes, lists, input boxes and status messages. VS Code draws links that run commands
 * and icons from their text, and the text may hold titles, errors and answers of servers and models: here it becomes
 * plain. Icons of our own go beside the text. A lint rule refuses the calls of `vscode.window` elsewhere.
 */

/** Shows a message; resolves with the choice that was clicked, undefined when the message was dismissed. */
export interface ShowMessage {
  <T extends string | vscode.MessageItem>(
    message: string,
    ...choices: readonly T[]
  ): Promise<T | undefined>;
}

/** Asks in a dialog that holds up the window, with Cancel as one more answer: undefined. */
export interface AskInDialog {
  <T extends string>(
    question: string,
    detail: string,
    ...choices: readonly T[]
  ): Promise<T | undefined>;
}

/** A message box for what a person may want to know. */
export const showInformation: ShowMessage = (message, ...choices) =>
  chosen(choices, (items) => vscode.window.showInformationMessage(plainText(message), ...items));

/** A message box for what did not go as asked. */
export const showWarning: ShowMessage = (message, ...choices) =>
  chosen(choices, (items) => vscode.window.showWarningMessage(plainText(message), ...items));

export const showError: ShowMessage = (message, ...choices) =>
  chosen(choices, (items) => vscode.window.showErrorMessage(plainText(message), ...items));

/** A dialog for a decision that takes nothing away. */
export const askInformation: AskInDialog = (question, detail, ...choices) =>
  chosen(choices, (items) =>
    vscode.window.showInformationMessage(plainText(question), modal(detail), ...items),
  );

/** A dialog for a decision that cannot be undone, or gives something away. */
export const askWarning: AskInDialog = (question, detail, ...choices) =>
  chosen(choices, (items) =>
    vscode.window.showWarningMessage(plainText(question), modal(detail), ...items),
  );

function modal(detail: string): vscode.MessageOptions {
  return { modal: true, detail: plainText(detail) };
}

async function chosen<T extends string | vscode.MessageItem>(
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

/** Lets a person pick one item of a list; its icon is `iconPath`. Undefined when they do not. */
export async function pickOne<T extends vscode.QuickPickItem>(
  items: readonly T[],
  options: Omit<vscode.QuickPickOptions, "canPickMany"> = {},
): Promise<T | undefined> {
  const shown = plainItems(items);
  const picked = await vscode.window.showQuickPick(shown, options);
  return picked === undefined ? undefined : items[shown.indexOf(picked)];
}

/** As `pickOne`, for any number of items. */
export async function pickMany<T extends vscode.QuickPickItem>(
  items: readonly T[],
  options: Omit<vscode.QuickPickOptions, "canPickMany">,
): Promise<readonly T[] | undefined> {
  const shown = plainItems(items);
  const picked = await vscode.window.showQuickPick(shown, { ...options, canPickMany: true });
  return picked && items.filter((_, index) => picked.some((item) => item === shown[index]));
}

/** The same items with texts in which nothing is drawn as an icon. */
export function plainItems<T extends vscode.QuickPickItem>(items: readonly T[]): readonly T[] {
  return items.map((item) => ({
    ...item,
    label: plainText(item.label),
    ...(item.description === undefined ? {} : { description: plainText(item.description) }),
    ...(item.detail === undefined ? {} : { detail: plainText(item.detail) }),
  }));
}

/** What a line of text is asked for; without `validateInput` any line will do. */
export interface TextOptions extends Omit<vscode.InputBoxOptions, "validateInput"> {
  readonly validateInput?: (value: string) => string | vscode.InputBoxValidationMessage | undefined;
}

/** Asks for a line of text; undefined when it is cancelled. What `validateInput` says is plain, too. */
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

/** Says in the status bar, for a while, that something happened. */
export function showStatus(text: string, durationMs: number, icon?: string): void {
  const shown = icon === undefined ? plainText(text) : iconText(icon, text);
  vscode.window.setStatusBarMessage(shown, durationMs);
}

/**
 * Markdown for a tooltip, from text that is escaped already (`escapeMarkdown`). No HTML, and of all commands only those
 * named can be run from it.
 */
export function tooltipMarkdown(
  text: string,
  enabledCommands: readonly string[] = [],
): vscode.MarkdownString {
  const markdown = new vscode.MarkdownString(text);
  if (enabledCommands.length > 0) markdown.isTrusted = { enabledCommands };
  return markdown;
}
