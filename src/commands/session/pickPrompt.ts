import type * as vscode from "vscode";

import type { Message } from "../../core/state/message.ts";
import { choose } from "../ask.ts";
import { Refusal } from "../failure.ts";
import { messageIDOf } from "../target.ts";
import { type PromptItem, promptItems } from "../../viewModels/documents/promptItems.ts";

/**
 * The prompt a command's argument names, or the one the user picks: newest first, after items added by the
 * caller. @throws Refusal, with `none`, if there is nothing to pick.
 */
export async function pickPrompt<T extends vscode.QuickPickItem = never>(
  argument: unknown,
  messages: readonly Message[],
  options: { readonly title: string; readonly placeHolder: string } & (
    { readonly first: readonly T[] } | { readonly none: string }
  ),
): Promise<T | Pick<PromptItem, "messageID">> {
  const messageID = messageIDOf(argument);
  if (messageID !== undefined) return { messageID };
  const prompts = promptItems(messages, Date.now());
  if ("none" in options && prompts.length === 0) throw new Refusal(options.none);
  return choose<T | PromptItem>([...("first" in options ? options.first : []), ...prompts], {
    title: options.title,
    placeHolder: options.placeHolder,
    matchOnDetail: true,
  });
}
