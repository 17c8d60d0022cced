import { plural, t } from "../../core/language.ts";
import { treeUsage } from "../../core/state/selectors.ts";
import type { SessionRef } from "../../core/state/session.ts";
import type { State, TreeUsage } from "../../core/state/state.ts";
import { addUsage, NO_USAGE } from "../../core/usage/usage.ts";
import { quoted, topmost, whyOutOfReach } from "./readiness.ts";
import { SEPARATOR, usageTexts } from "../tree/sessionFigures.ts";

/** What deleting sessions removes, or why it is refused. Texts are plain, for a dialog. */
export type DeletePlan =
  | { readonly kind: "refused"; readonly message: string }
  | {
      readonly kind: "ready";
      /** Sessions to delete; those below them are deleted too. */
      readonly refs: readonly SessionRef[];
      readonly question: string;
      readonly detail: string;
    };

const NAMED = 10;

/**
 * Plans the deletion of sessions with everything below them. Those out of reach are left out and counted; if
 * none is left, the deletion is refused with the reason of the first.
 */
export function deletePlan(state: State, refs: readonly SessionRef[]): DeletePlan {
  const wanted = topmost(state, refs);
  const reachable = wanted.filter((ref) => whyOutOfReach(state, ref) === undefined);
  const [first] = reachable;
  if (first === undefined) {
    const [any] = wanted;
    const reason = any === undefined ? undefined : whyOutOfReach(state, any);
    return { kind: "refused", message: reason ?? t("There are no sessions to delete.") };
  }
  const total = treeTotal(state, reachable);
  const paragraphs: string[] = [];
  if (reachable.length === 1) {
    // A single session is named in the question.
    const figures = figureWords(treeUsage(state, first)).join(SEPARATOR);
    if (figures !== "") paragraphs.push(figures);
  } else {
    const lines = reachable
      .slice(0, NAMED)
      .map((ref) => [quoted(state, ref), ...figureWords(treeUsage(state, ref))].join(SEPARATOR));
    if (reachable.length > NAMED) lines.push(t`and ${reachable.length - NAMED} more`);
    paragraphs.push(lines.join("\n"), t`In total: ${totalText(total)}.`);
  }
  if (total.working > 0) {
    paragraphs.push(
      total.sessions === 1
        ? t("It is running and will be stopped first.")
        : t`${plural(total.working, "{0} session", "{0} sessions")} still running will be stopped first.`,
    );
  }
  if (reachable.length < wanted.length) {
    paragraphs.push(
      t`${plural(wanted.length - reachable.length, "{0} session", "{0} sessions")} cannot be reached and will not be deleted.`,
    );
  }
  paragraphs.push(
    t(
      "The messages cannot be recovered, and the server's figures no longer include what they cost.",
    ),
  );
  return {
    kind: "ready",
    refs: reachable,
    question:
      reachable.length === 1
        ? t`Delete ${quoted(state, first)}?`
        : t`Delete ${plural(reachable.length, "{0} session", "{0} sessions")}?`,
    detail: paragraphs.join("\n\n"),
  };
}

export interface TreeTotal extends Omit<TreeUsage, "requests"> {
  readonly sessions: number;
}

/** Sums trees that do not overlap. */
export function treeTotal(state: State, refs: readonly SessionRef[]): TreeTotal {
  let total: TreeTotal = {
    sessions: 0,
    descendants: 0,
    working: 0,
    usage: NO_USAGE,
    isEstimate: false,
  };
  for (const ref of refs) {
    const tree = treeUsage(state, ref);
    total = {
      sessions: total.sessions + 1 + tree.descendants,
      descendants: total.descendants + tree.descendants,
      working: total.working + tree.working,
      usage: addUsage(total.usage, tree.usage),
      isEstimate: total.isEstimate || tree.isEstimate,
    };
  }
  return total;
}

/** `3 sessions, 5 sub-sessions, 45.2k tokens, $0.23`. */
export function totalText({ sessions, descendants, usage, isEstimate }: TreeTotal): string {
  const words = [plural(sessions - descendants, "{0} session", "{0} sessions")];
  if (descendants > 0) words.push(plural(descendants, "{0} sub-session", "{0} sub-sessions"));
  const [tokens, cost] = usageTexts({ usage, isEstimate });
  if (tokens !== undefined && cost !== undefined) words.push(t`${tokens} tokens`, cost);
  return words.join(", ");
}

/** `2 sub-sessions`, `45.2k tokens`, `$0.23`. */
function figureWords(tree: TreeUsage): readonly string[] {
  const words =
    tree.descendants > 0 ? [plural(tree.descendants, "{0} sub-session", "{0} sub-sessions")] : [];
  const [tokens, cost] = usageTexts(tree);
  return tokens === undefined || cost === undefined ? words : [...words, t`${tokens} tokens`, cost];
}
