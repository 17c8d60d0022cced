import * as vscode from "vscode";

import type { Message } from "../core/message.ts";
import { type PromptItem, promptItems } from "../viewModels/promptItems.ts";

/**
 * Lets a person pick one of a session's prompts, newest first, after lines of the caller's own. Undefined when
 * they do not.
 */
export async function pickPrompt<T extends vscode.QuickPickItem = never>(
  messages: readonly Message[],
  options: { readonly title: string; readonly placeHolder: string; readonly first?: readonly T[] },
): Promise<T | PromptItem | undefined> {
  const prompts = promptItems(messages, Date.now());
  return vscode.window.showQuickPick<T | PromptItem>([...(options.first ?? []), ...prompts], {
    title: options.title,
    placeHolder: options.placeHolder,
    matchOnDetail: true,
  });
}

/** What a person wrote in a prompt. */
export function promptText(messages: readonly Message[], messageID: string): string {
  const parts = messages.find(({ id }) => id === messageID)?.parts ?? [];
  return parts
    .flatMap((part) => (part.kind === "text" && !part.isSynthetic ? part.text : []))
    .join("\n\n");
}
