import { plural, t } from "../../core/language.ts";
import type { Message } from "../../core/state/message.ts";
import type { SessionRef } from "../../core/state/session.ts";
import type { State } from "../../core/state/state.ts";
import { shownMoney } from "../text/money.ts";
import { quoted, whyNotAtRest } from "./readiness.ts";
import { promptTitle } from "./turns.ts";

/** What a revert, or undoing one, would change, or why it is refused. Texts are plain, for a dialog. */
export type RevertPlan =
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "ready"; readonly question: string; readonly detail: string };

const NAMED = 12;

/** Plans to hide a prompt and everything after it, and to restore files. `messages`: all of the session's. */
export function revertPlan(
  state: State,
  ref: SessionRef,
  messages: readonly Message[],
  messageID: string,
): RevertPlan {
  const refusal = whyNotAtRest(state, ref);
  if (refusal !== undefined) return { kind: "refused", message: refusal };
  const from = messages.findIndex(({ id }) => id === messageID);
  const prompt = messages[from];
  if (prompt === undefined) {
    return { kind: "refused", message: t("This message no longer exists.") };
  }
  const hidden = messages.slice(from);
  const usd = costOf(hidden);
  const paragraphs = [t`Hidden from the model: ${countText(hidden)}.`, filesText(hidden, "back")];
  paragraphs.push(
    t("This can be undone until the next prompt, which removes the messages for good.") +
      (usd > 0
        ? t` The server's figures then drop by ${shownMoney(usd)}, although it was spent.`
        : ""),
  );
  return {
    kind: "ready",
    question: t`Revert ${quoted(state, ref)} to before “${promptTitle(prompt, 60)}”?`,
    detail: paragraphs.join("\n\n"),
  };
}

/** Plans to restore what a revert hides. */
export function unrevertPlan(
  state: State,
  ref: SessionRef,
  messages: readonly Message[],
  revertMessageID: string | undefined,
): RevertPlan {
  const refusal = whyNotAtRest(state, ref);
  if (refusal !== undefined) return { kind: "refused", message: refusal };
  if (revertMessageID === undefined) {
    return { kind: "refused", message: t`${quoted(state, ref)} is not reverted.` };
  }
  const from = messages.findIndex(({ id }) => id === revertMessageID);
  const hidden = from < 0 ? [] : messages.slice(from);
  return {
    kind: "ready",
    question: t`Undo the revert of ${quoted(state, ref)}?`,
    detail: [t`Restored: ${countText(hidden)}.`, filesText(hidden, "forth")].join("\n\n"),
  };
}

function countText(messages: readonly Message[]): string {
  const prompts = messages.filter(({ role }) => role === "user").length;
  const answers = messages.length - prompts;
  const usd = costOf(messages);
  const cost = usd > 0 ? ` (${shownMoney(usd)})` : "";
  return t`${plural(prompts, "{0} prompt", "{0} prompts")} and ${plural(answers, "{0} answer", "{0} answers")}${cost}`;
}

function costOf(messages: readonly Message[]): number {
  return messages.reduce((sum, { costUSD }) => sum + (costUSD ?? 0), 0);
}

/** The files that would be written, according to the turns themselves. */
function filesText(messages: readonly Message[], direction: "back" | "forth"): string {
  const files = new Map<string, { additions: number; deletions: number }>();
  for (const { diffs } of messages) {
    for (const { file, additions, deletions } of diffs) {
      const known = files.get(file) ?? { additions: 0, deletions: 0 };
      files.set(file, {
        additions: known.additions + additions,
        deletions: known.deletions + deletions,
      });
    }
  }
  if (files.size === 0) return t("No file is changed.");
  const lines = [...files].slice(0, NAMED).map(([file, { additions, deletions }]) => {
    const [more, less] = direction === "back" ? [deletions, additions] : [additions, deletions];
    return `${file} (+${more} −${less})`;
  });
  if (files.size > NAMED) lines.push(t`and ${files.size - NAMED} more`);
  const head =
    direction === "back"
      ? t("Files restored, undoing any other changes made to them since:")
      : t("Files changed again:");
  return [head, ...lines].join("\n");
}
