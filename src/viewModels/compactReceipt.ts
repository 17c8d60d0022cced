import { getLive, getServer, getSession, sessionModel } from "../core/lookup.ts";
import type { ModelRef } from "../core/model.ts";
import { type ContextFill, contextUse } from "../core/selectors.ts";
import type { SessionRef } from "../core/session.ts";
import { sessionState } from "../core/sessionState.ts";
import type { State } from "../core/state.ts";
import { totalTokens, type Usage } from "../core/usage.ts";
import { cleanTitle, formatCost, formatDuration, formatPercent, formatTokens } from "./format.ts";
import { plural } from "./sessionFigures.ts";

/** Why a session cannot be compacted now. */
export type CompactRefusal =
  "gone" | "lost" | "busy" | "waiting" | "compacting" | "queued" | "empty";

/** What a compaction would do; or why it may not begin. Texts are plain, for a dialog. */
export type CompactPlan =
  | { readonly kind: "refused"; readonly reason: CompactRefusal; readonly message: string }
  | {
      readonly kind: "ready";
      readonly question: string;
      readonly detail: string;
      /** The session's last model; undefined when a person has to choose one. */
      readonly model: ModelRef | undefined;
      /** Context before, for the receipt. */
      readonly before: ContextFill | undefined;
    };

/**
 * Plans the compaction of a session. Refuses while it is busy or has a queued prompt, which the server
 * would swallow, when it has no messages, and when its server is lost.
 */
export function compactPlan(state: State, ref: SessionRef): CompactPlan {
  const session = getSession(state, ref);
  if (session === undefined) {
    return refused("gone", "This session does not exist any more.");
  }
  const title = `“${cleanTitle(session.title)}”`;
  const live = getLive(state, ref);
  if (getServer(state, ref.serverID)?.connection.kind !== "connected") {
    return refused("lost", `${title} cannot be compacted: its server is not connected.`);
  }
  switch (sessionState(state, ref).kind) {
    case "working":
    case "retry":
      return refused("busy", `${title} is at work. Compact it when it is idle.`);
    case "compacting":
      return refused("compacting", `${title} is being compacted already.`);
    case "waiting_permission":
    case "question":
      return refused("waiting", `${title} waits for your answer. Answer it first.`);
    case "idle":
    case "error":
    case "unavailable":
      break;
  }
  if (live.queuedPrompts > 0) {
    const prompts = plural(live.queuedPrompts, "queued prompt");
    return refused("queued", `${title} has ${prompts}, which a compaction would swallow.`);
  }
  if (live.messageCount === 0) {
    return refused("empty", `${title} has no messages: there is nothing to compact.`);
  }
  const before = contextUse(state, ref);
  return {
    kind: "ready",
    question: `Compact ${title}?`,
    detail: [
      "The conversation so far is replaced by a summary for the model. Its messages stay readable, and the summary itself costs tokens.",
      beforeText(before),
    ].join("\n\n"),
    model: sessionModel(state, ref),
    before,
  };
}

function refused(reason: CompactRefusal, message: string): CompactPlan {
  return { kind: "refused", reason, message };
}

function beforeText(context: ContextFill | undefined): string {
  if (context === undefined) return "How much context it uses now is not known.";
  const tokens = contextTokensText(context);
  if (context.percent === undefined) return `Context now: ${tokens} tokens.`;
  return `Context now: ${tokens} tokens, ${formatPercent(context.percent)} of ${formatTokens(context.contextLimit ?? 0)}.`;
}

function contextTokensText({ contextTokens, isEstimate }: ContextFill): string {
  return `${isEstimate ? "~" : ""}${formatTokens(contextTokens)}`;
}

/** What a compaction has done. */
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
  /** True when the context is not smaller than before. */
  readonly hasRisen: boolean;
}

/** Writes the receipt of a compaction. Figures that are not known are said to be so, never invented. */
export function compactReceipt(outcome: CompactOutcome): CompactReceipt {
  const { before, after } = outcome;
  const hasRisen =
    before !== undefined && after !== undefined && after.contextTokens >= before.contextTokens;
  const title = `“${cleanTitle(outcome.title)}”`;
  const tail = [costText(outcome), `took ${formatDuration(outcome.durationMs)}`].join(", ");
  const move = contextMove(before, after);
  if (hasRisen) {
    const verb = after.contextTokens === before.contextTokens ? "did not change" : "rose";
    return { message: `Compacted ${title}, but its context ${verb}: ${move}, ${tail}.`, hasRisen };
  }
  return { message: `Compacted ${title}: ${move}, ${tail}.`, hasRisen };
}

function contextMove(before: ContextFill | undefined, after: ContextFill | undefined): string {
  const from = before === undefined ? "unknown" : contextTokensText(before);
  const to = after === undefined ? "not known yet" : contextTokensText(after);
  if (before === undefined || after === undefined) return `context ${from} → ${to} tokens`;
  const percents =
    before.percent === undefined || after.percent === undefined
      ? ""
      : ` (${formatPercent(before.percent)} → ${formatPercent(after.percent)})`;
  return `context ${from} → ${to} tokens${percents}`;
}

/** What was billed between the two: the summary's own step. */
function costText({ usageBefore, usageAfter }: CompactOutcome): string {
  const difference = subtract(usageAfter, usageBefore);
  const tokens = totalTokens(difference.tokens);
  if (tokens <= 0) return "its cost is not known yet";
  const cost = formatCost(difference);
  return `cost ${cost} for ${formatTokens(tokens)} tokens`;
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
