import { treeUsage } from "../core/selectors.ts";
import type { SessionRef } from "../core/session.ts";
import type { State } from "../core/state.ts";
import { addUsage, NO_USAGE, type Usage } from "../core/usage.ts";
import { quoted, topmost, whyOutOfReach } from "./readiness.ts";
import { plural, SEPARATOR, usageTexts } from "./sessionFigures.ts";

/** What goes when sessions are deleted; or why nothing can. Texts are plain, for a dialog. */
export type DeletePlan =
  | { readonly kind: "refused"; readonly message: string }
  | {
      readonly kind: "ready";
      /** What to delete: a session takes those below it along. */
      readonly refs: readonly SessionRef[];
      readonly question: string;
      readonly detail: string;
    };

/** Most sessions a dialog names. */
const NAMED = 10;

/**
 * Plans the deletion of sessions with all that is below them. Those out of reach are left out and counted; when
 * none is left it is refused with the reason of the first.
 */
export function deletePlan(state: State, refs: readonly SessionRef[]): DeletePlan {
  const wanted = topmost(state, refs);
  const reachable = wanted.filter((ref) => whyOutOfReach(state, ref) === undefined);
  const [first] = reachable;
  if (first === undefined) {
    const [any] = wanted;
    const reason = any === undefined ? undefined : whyOutOfReach(state, any);
    return { kind: "refused", message: reason ?? "There is no session to delete." };
  }
  const total = treeTotal(state, reachable);
  const lines = reachable.slice(0, NAMED).map((ref) => sessionLine(state, ref));
  if (reachable.length > NAMED) lines.push(`and ${reachable.length - NAMED} more`);
  const paragraphs = [lines.join("\n")];
  if (reachable.length > 1) paragraphs.push(`In all: ${totalText(total)}.`);
  if (total.working > 0) {
    paragraphs.push(
      total.sessions === 1
        ? "It is at work and is stopped first."
        : `${plural(total.working, "session")} at work will be stopped first.`,
    );
  }
  if (reachable.length < wanted.length) {
    paragraphs.push(
      `${plural(wanted.length - reachable.length, "session")} out of reach will be left as they are.`,
    );
  }
  paragraphs.push(
    "The messages are gone for good, and the server's figures no longer count what they cost.",
  );
  return {
    kind: "ready",
    refs: reachable,
    question:
      reachable.length === 1
        ? `Delete ${quoted(state, first)}?`
        : `Delete ${plural(reachable.length, "session")}?`,
    detail: paragraphs.join("\n\n"),
  };
}

/** What several trees come to. */
export interface TreeTotal {
  readonly sessions: number;
  readonly descendants: number;
  readonly working: number;
  readonly usage: Usage;
  readonly isEstimate: boolean;
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

/** `3 sessions, 5 child sessions, 45.2k tokens, $0.23`. */
export function totalText({ sessions, descendants, usage, isEstimate }: TreeTotal): string {
  const words = [plural(sessions - descendants, "session")];
  if (descendants > 0) words.push(plural(descendants, "child session"));
  const [tokens, cost] = usageTexts({ usage, isEstimate });
  if (tokens !== undefined && cost !== undefined) words.push(`${tokens} tokens`, cost);
  return words.join(", ");
}

function sessionLine(state: State, ref: SessionRef): string {
  const tree = treeUsage(state, ref);
  const words = [quoted(state, ref)];
  if (tree.descendants > 0) words.push(plural(tree.descendants, "child session"));
  const [tokens, cost] = usageTexts(tree);
  if (tokens !== undefined && cost !== undefined) words.push(`${tokens} tokens`, cost);
  return words.join(SEPARATOR);
}
