import { t } from "../../core/language.ts";
import type { Message } from "../../core/state/message.ts";
import { cleanTitle } from "../text/format.ts";

/** A prompt and its answers, up to the next prompt. */
export interface Turn {
  readonly prompt: Message;
  readonly answers: readonly Message[];
}

/** The turns of a session, oldest first. Answers before the first prompt belong to none. */
export function turnsOf(messages: readonly Message[]): readonly Turn[] {
  const turns: { readonly prompt: Message; readonly answers: Message[] }[] = [];
  for (const message of messages) {
    if (message.role === "user") turns.push({ prompt: message, answers: [] });
    else turns.at(-1)?.answers.push(message);
  }
  return turns;
}

/**
 * Display name of a prompt: the first line the user wrote, or what the message represents, cut off at
 * `maxLength` characters.
 */
export function promptTitle({ parts }: Message, maxLength = 80): string {
  for (const part of parts) {
    if (part.kind === "compaction")
      return part.isAuto ? t("Automatic compaction") : t("Compaction");
    if (part.kind !== "text" || part.isSynthetic) continue;
    const line = part.text.split("\n").find((text) => text.trim() !== "");
    if (line !== undefined) return cleanTitle(line, maxLength);
  }
  for (const part of parts) {
    if (part.kind === "file") return cleanTitle(part.filename, maxLength);
    if (part.kind === "text" && part.text.trim() !== "") return cleanTitle(part.text, maxLength);
  }
  return t("Prompt without text");
}

/** Whether the user could go back to before this prompt: not if the server made it. */
export function isOwnPrompt({ role, parts }: Message): boolean {
  return (
    role === "user" &&
    parts.some((part) => (part.kind === "text" && !part.isSynthetic) || part.kind === "file")
  );
}

/** What a turn's steps were billed, in recorded US dollars. */
export function turnUSD({ answers }: Turn): number {
  return answers.reduce((sum, { costUSD }) => sum + (costUSD ?? 0), 0);
}
