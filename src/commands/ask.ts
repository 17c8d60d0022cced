import * as vscode from "vscode";

import { askForText, askWarning, pickOne, type TextOptions } from "../platform/messages.ts";

/*
 * Questions without which a command cannot continue: whoever cancels one cancels the command, which
 * `registerCommands.ts` reports as nothing.
 */

/** What the user chose. @throws CancellationError if that is nothing. */
export function chosen<T>(choice: T | undefined): T {
  if (choice === undefined) throw new vscode.CancellationError();
  return choice;
}

/** Lets the user pick one item from a list. */
export async function choose<T extends vscode.QuickPickItem>(
  items: readonly T[],
  options: Omit<vscode.QuickPickOptions, "canPickMany">,
): Promise<T> {
  return chosen(await pickOne(items, options));
}

/** Asks for a line of text. */
export async function enterText(options: TextOptions): Promise<string> {
  return chosen(await askForText(options));
}

/** Asks before something that cannot be undone, or that discloses something. */
export async function confirm(question: string, detail: string, button: string): Promise<void> {
  chosen(await askWarning(question, detail, button));
}
