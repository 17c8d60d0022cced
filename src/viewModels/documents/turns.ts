import { t } from "../../core/language.ts";
import type { Message } from "../../core/state/message.ts";
import { cleanTitle } from "../text/format.ts";

/** A prompt and what came of it until the next one. */
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
 * What a prompt is called in a list: the first line a person wrote, or what the message stands for. Whatever is
 * longer than `maxLength` characters is cut.
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

/** Whether a person could go back to before this prompt: one of the server's own making is none of theirs. */
export function isOwnPrompt({ role, parts }: Message): boolean {
  return (
    role === "user" &&
    parts.some((part) => (part.kind === "text" && !part.isSynthetic) || part.kind === "file")
  );
}

/** What a turn's steps were billed: recorded dollars. */
export function turnUSD({ answers }: Turn): number {
  return answers.reduce((sum, { costUSD }) => sum + (costUSD ?? 0), 0);
}
