import { plural } from "../../core/language.ts";
import type { Message } from "../../core/state/message.ts";
import { cleanTitle, formatDateTime, formatRelativeTime } from "../text/format.ts";
import { shownMoney } from "../text/money.ts";
import { SEPARATOR } from "../tree/sessionFigures.ts";
import { isOwnPrompt, promptTitle, turnsOf, turnUSD } from "./turns.ts";

/** A prompt as an item to pick. */
export interface PromptItem {
  readonly messageID: string;
  readonly label: string;
  /** Age, files changed and cost of its turn. */
  readonly description: string;
  /** When it was sent, and more of its text. */
  readonly detail: string;
}

/** The user's prompts to go back to, newest first. */
export function promptItems(messages: readonly Message[], nowMs: number): readonly PromptItem[] {
  return turnsOf(messages)
    .filter(({ prompt }) => isOwnPrompt(prompt))
    .map((turn): PromptItem => {
      const { prompt } = turn;
      const facts = [formatRelativeTime(prompt.createdMs, nowMs)];
      if (prompt.diffs.length > 0) facts.push(plural(prompt.diffs.length, "{0} file", "{0} files"));
      const usd = turnUSD(turn);
      if (usd > 0) facts.push(shownMoney(usd));
      const text = prompt.parts
        .flatMap((part) => (part.kind === "text" && !part.isSynthetic ? part.text : []))
        .join(" ");
      const rest = text.includes("\n") ? `${SEPARATOR}${cleanTitle(text, 160)}` : "";
      return {
        messageID: prompt.id,
        label: promptTitle(prompt),
        description: facts.join(SEPARATOR),
        detail: `${formatDateTime(prompt.createdMs)}${rest}`,
      };
    })
    .reverse();
}
