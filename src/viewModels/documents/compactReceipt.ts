import { plural, t } from "../../core/language.ts";
import { getLive, getServer, getSession, sessionModel } from "../../core/state/lookup.ts";
import type { ModelRef } from "../../core/state/model.ts";
import { type ContextFill, contextUse } from "../../core/state/selectors.ts";
import type { SessionRef } from "../../core/state/session.ts";
import { sessionState } from "../../core/state/sessionState.ts";
import type { State } from "../../core/state/state.ts";
import { totalTokens, type Usage } from "../../core/usage/usage.ts";
import { cleanTitle, formatDuration, formatPercent, formatTokens } from "../text/format.ts";
import { formatCost } from "../text/money.ts";

/** What a compaction would do, or why it is refused. Texts are plain, for a dialog. */
export type CompactPlan =
  | { readonly kind: "refused"; readonly message: string }
  | {
      readonly kind: "ready";
      readonly question: string;
      readonly detail: string;
      /** The session's last model; undefined if the user has to choose one. */
      readonly model: ModelRef | undefined;
    };

/**
 * Plans the compaction of a session. Refuses while it is busy or has a queued prompt, which the server would
 * discard, if it has no messages, and if its server isn't connected.
 */
export function compactPlan(state: State, ref: SessionRef): CompactPlan {
  const session = getSession(state, ref);
  if (session === undefined) {
    return refused(t("This session no longer exists."));
  }
  const title = `“${cleanTitle(session.title)}”`;
  const live = getLive(state, ref);
  if (getServer(state, ref.serverID)?.connection.kind !== "connected") {
    return refused(t`${title} cannot be compacted: its server is not connected.`);
  }
  switch (sessionState(state, ref).kind) {
    case "working":
    case "retry":
      return refused(t`${title} is running. Compact it once it is idle.`);
    case "compacting":
      return refused(t`${title} is already being compacted.`);
    case "waiting_permission":
    case "question":
      return refused(t`${title} is waiting for your answer. Answer it first.`);
    case "unknown":
      return refused(t`It is not known whether ${title} is running. Refresh the sessions first.`);
    case "idle":
    case "error":
    case "unavailable":
      break;
  }
  if (live.queuedPrompts > 0) {
    const prompts = plural(live.queuedPrompts, "{0} queued prompt", "{0} queued prompts");
    return refused(t`${title} has ${prompts}, which compacting would discard.`);
  }
  if (live.messageCount === 0) {
    return refused(t`${title} has no messages: there is nothing to compact.`);
  }
  return {
    kind: "ready",
    question: t`Compact ${title}?`,
    detail: [
      t(
        "For the model, the conversation so far is replaced by a summary. Its messages stay readable, and writing the summary costs tokens.",
      ),
      beforeText(contextUse(state, ref)),
    ].join("\n\n"),
    model: sessionModel(state, ref),
  };
}

function refused(message: string): CompactPlan {
  return { kind: "refused", message };
}

function beforeText(context: ContextFill | undefined): string {
  if (context === undefined) return t("Its context use is unknown.");
  const tokens = contextTokensText(context);
  if (context.percent === undefined) return t`Context now: ${tokens} tokens.`;
  return t`Context now: ${tokens} tokens, ${formatPercent(context.percent)} of ${formatTokens(context.contextLimit ?? 0)}.`;
}

function contextTokensText({ contextTokens, isEstimate }: ContextFill): string {
  return `${isEstimate ? "~" : ""}${formatTokens(contextTokens)}`;
}

/** The result of a compaction. */
export interface CompactOutcome {
  readonly title: string;
  readonly before: ContextFill | undefined;
  readonly after: ContextFill | undefined;
  /** The session's own usage before and after. */
  readonly usageBefore: Usage;
  readonly usageAfter: Usage;
  readonly durationMs: number;
}

export interface CompactReceipt {
  /** One line: context before -> after, cost, duration. */
  readonly message: string;
  /** Whether the context is no smaller than before. */
  readonly hasRisen: boolean;
}

/** Writes the receipt of a compaction. Unknown figures are reported as unknown, never invented. */
export function compactReceipt(outcome: CompactOutcome): CompactReceipt {
  const { before, after } = outcome;
  const hasRisen =
    before !== undefined && after !== undefined && after.contextTokens >= before.contextTokens;
  const title = `“${cleanTitle(outcome.title)}”`;
  const tail = billText(outcome);
  const move = contextMove(before, after);
  if (hasRisen) {
    const verb = after.contextTokens === before.contextTokens ? t("did not change") : t("rose");
    return { message: t`Compacted ${title}, but its context ${verb}: ${move}, ${tail}.`, hasRisen };
  }
  return { message: t`Compacted ${title}: ${move}, ${tail}.`, hasRisen };
}

function contextMove(before: ContextFill | undefined, after: ContextFill | undefined): string {
  if (after === undefined) return t("context not known yet");
  const to = contextTokensText(after);
  if (before === undefined) return t`context now ${to} tokens`;
  const from = contextTokensText(before);
  const percents =
    before.percent === undefined || after.percent === undefined
      ? ""
      : ` (${formatPercent(before.percent)} → ${formatPercent(after.percent)})`;
  return t`context ${from} → ${to} tokens${percents}`;
}

/** What was billed for the summary (the difference in usage), and how long it took. */
function billText({ usageBefore, usageAfter, durationMs }: CompactOutcome): string {
  const difference = subtract(usageAfter, usageBefore);
  const tokens = totalTokens(difference.tokens);
  const inTime = formatDuration(durationMs);
  if (tokens <= 0) return t`done in ${inTime}, cost not known yet`;
  return t`cost ${formatCost(difference)} (${formatTokens(tokens)} tokens) in ${inTime}`;
}

function subtract(a: Usage, b: Usage): Usage {
  return {
    tokens: {
      input: a.tokens.input - b.tokens.input,
      output: a.tokens.output - b.tokens.output,
      reasoning: a.tokens.reasoning - b.tokens.reasoning,
      cache: {
        read: a.tokens.cache.read - b.tokens.cache.read,
        write: a.tokens.cache.write - b.tokens.cache.write,
      },
    },
    recordedUSD: Math.max(0, a.recordedUSD - b.recordedUSD),
    estimatedUSD: Math.max(0, a.estimatedUSD - b.estimatedUSD),
    unpricedTokens: Math.max(0, a.unpricedTokens - b.unpricedTokens),
  };
}
