import type { Message } from "../core/message.ts";
import { cleanTitle, formatDateTime, formatRelativeTime, formatUSD } from "./format.ts";
import { withoutIcons } from "./markdown.ts";
import { plural, SEPARATOR } from "./sessionFigures.ts";
import { isOwnPrompt, promptTitle, turnsOf, turnUSD } from "./turns.ts";

/** A prompt as a line to pick from. */
export interface PromptItem {
  readonly messageID: string;
  readonly label: string;
  /** Age, files changed and cost of its turn. */
  readonly description: string;
  /** When it was sent, and more of its text. */
  readonly detail: string;
}

/** The prompts of a person to go back to, newest first. */
export function promptItems(messages: readonly Message[], nowMs: number): readonly PromptItem[] {
  return turnsOf(messages)
    .filter(({ prompt }) => isOwnPrompt(prompt))
    .map((turn): PromptItem => {
      const { prompt } = turn;
      const facts = [formatRelativeTime(prompt.createdMs, nowMs)];
      if (prompt.diffs.length > 0) facts.push(plural(prompt.diffs.length, "file"));
      const usd = turnUSD(turn);
      if (usd > 0) facts.push(formatUSD(usd));
      const text = prompt.parts
        .flatMap((part) => (part.kind === "text" && !part.isSynthetic ? part.text : []))
        .join(" ");
      const rest = text.includes("\n") ? `${SEPARATOR}${cleanTitle(text, 160)}` : "";
      return {
        messageID: prompt.id,
        label: withoutIcons(promptTitle(prompt)),
        description: facts.join(SEPARATOR),
        detail: withoutIcons(`${formatDateTime(prompt.createdMs)}${rest}`),
      };
    })
    .reverse();
}
