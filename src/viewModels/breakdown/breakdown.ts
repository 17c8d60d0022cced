import { getLive, getServer, getSession, parentOf, sessionModel } from "../../core/state/lookup.ts";
import { modelKey } from "../../core/state/model.ts";
import { type ContextFill, contextUse, ownUsage, treeUsage } from "../../core/state/selectors.ts";
import { type SessionRef, sessionKey } from "../../core/state/session.ts";
import { type SessionState, sessionState } from "../../core/state/sessionState.ts";
import type { ServerState, SessionMessages, State } from "../../core/state/state.ts";
import { type Currency, shownCurrency } from "../../core/usage/currency.ts";
import { NO_USAGE, totalTokens, type Usage } from "../../core/usage/usage.ts";
import { type BreakdownChild, breakdownChildren } from "./breakdownChildren.ts";
import {
  type BreakdownPoint,
  breakdownPoints,
  type CompactionMark,
  compactionMarks,
} from "./breakdownPoints.ts";
import { compactPlan } from "../documents/compactReceipt.ts";
import { cleanTitle } from "../text/format.ts";
import { formatCost } from "../text/money.ts";
import { sumOfPoints } from "./series.ts";
import { stateLabel } from "../tree/stateLabel.ts";

/** A figure, and whether part of it is still estimated from streaming text. */
export interface Figure {
  readonly usage: Usage;
  readonly isEstimate: boolean;
}

/** Whether the figures are current. Times are by the host's clock. */
export type Freshness =
  | { readonly kind: "live" }
  | { readonly kind: "connecting" }
  | { readonly kind: "stale"; readonly sinceMs: number; readonly message: string }
  | { readonly kind: "unauthorized"; readonly sinceMs: number; readonly message: string }
  /** Deleted on the server while it was shown. */
  | { readonly kind: "removed" };

/** The facts at the top of a session's page: plain data that survives JSON. */
export interface SessionFacts {
  readonly ref: SessionRef;
  /** The host's clock when this was made: ages are relative to it. */
  readonly nowMs: number;
  /** The currency amounts are shown in. */
  readonly currency: Currency;
  readonly title: string;
  /** As the server has it, for exports. */
  readonly serverTitle: string;
  readonly serverName: string;
  readonly directory: string;
  readonly agent: string | undefined;
  /** `providerID/modelID`. */
  readonly model: string | undefined;
  readonly stateKind: SessionState["kind"];
  readonly stateLabel: string;
  /** Details of the state, if it has any. */
  readonly stateMessage: string | undefined;
  readonly freshness: Freshness;
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly context: ContextFill | undefined;
  readonly parent: { readonly sessionID: string; readonly title: string } | undefined;
  /** Why the session cannot be compacted now; undefined when it can. */
  readonly compactRefusal: string | undefined;
  /** Whether all messages are loaded, and why loading stopped if it failed. */
  readonly loading: { readonly isComplete: boolean; readonly error: string | undefined };
  /** Prompts, and messages from the server in the user's role. */
  readonly userMessages: number;
  /** Number of sub-sessions at any depth. */
  readonly descendants: number;
  /** Display text of what the session and its sub-sessions cost. */
  readonly cost: string;
  /** Tokens which that cost leaves out, because their model has no price. */
  readonly unpricedTokens: number;
}

/** Everything the token breakdown of one session shows: plain data that survives JSON. */
export interface BreakdownModel extends SessionFacts {
  readonly own: Figure;
  readonly tree: Figure & { readonly descendants: number };
  readonly points: readonly BreakdownPoint[];
  /** Exact sum over all points. */
  readonly sum: Usage;
  /**
   * Tokens the server counts beyond its messages (> 0: deleted or reverted ones stay billed) or misses
   * (< 0: a fork's copied history); undefined while unknown.
   */
  readonly differenceTokens: number | undefined;
  readonly compactions: readonly CompactionMark[];
  readonly children: readonly BreakdownChild[];
  /** Number of descendants left out of `children` because there are too many. */
  readonly hiddenChildren: number;
}

const NO_MESSAGES: SessionMessages = { messages: [], isComplete: false, error: undefined };

/** The current facts about a session; undefined if its server or the session is unknown. */
export function sessionFacts(
  state: State,
  ref: SessionRef,
  nowMs: number,
): SessionFacts | undefined {
  const server = getServer(state, ref.serverID);
  const session = getSession(state, ref);
  if (server === undefined || session === undefined) return undefined;
  const live = getLive(state, ref);
  const known = messagesOf(state, ref);
  const activity = sessionState(state, ref);
  const model = sessionModel(state, ref);
  const plan = compactPlan(state, ref);
  const tree = treeUsage(state, ref);
  return {
    ref,
    nowMs,
    currency: shownCurrency(),
    title: cleanTitle(session.title, 200),
    serverTitle: session.title,
    serverName: cleanTitle(server.endpoint.name, 80),
    directory: session.directory,
    agent: live.agent ?? session.agent,
    model: model === undefined ? undefined : modelKey(model),
    stateKind: activity.kind,
    stateLabel: stateLabel(activity),
    stateMessage: "message" in activity ? cleanTitle(activity.message, 300) : undefined,
    freshness: freshnessOf(server),
    createdMs: session.createdMs,
    updatedMs: session.updatedMs,
    context: contextUse(state, ref),
    parent: parentTitle(state, ref),
    compactRefusal: plan.kind === "refused" ? plan.message : undefined,
    loading: { isComplete: known.isComplete, error: known.error },
    userMessages: known.messages.filter(({ role }) => role === "user").length,
    descendants: tree.descendants,
    cost: formatCost(tree.usage),
    unpricedTokens: tree.usage.unpricedTokens,
  };
}

/** The current breakdown of a session; undefined if its server or the session is unknown. */
export function breakdownModel(
  state: State,
  ref: SessionRef,
  nowMs: number,
): BreakdownModel | undefined {
  const facts = sessionFacts(state, ref, nowMs);
  const server = getServer(state, ref.serverID);
  const session = getSession(state, ref);
  if (facts === undefined || server === undefined || session === undefined) return undefined;
  const known = messagesOf(state, ref);
  const points = breakdownPoints(server, getLive(state, ref), known.messages);
  const own = ownUsage(state, ref);
  const tree = treeUsage(state, ref);
  const sum = sumOfPoints(points);
  const messages = known.isComplete ? sum : NO_USAGE;
  const isSettled = known.isComplete && facts.stateKind === "idle" && session.totals !== undefined;
  const { children, hidden } = breakdownChildren(state, ref);
  return {
    ...facts,
    own: { usage: withCostsOf(messages, own.usage, own.usage), isEstimate: own.isEstimate },
    tree: {
      usage: withCostsOf(messages, own.usage, tree.usage),
      isEstimate: tree.isEstimate,
      descendants: tree.descendants,
    },
    points,
    sum,
    differenceTokens: isSettled
      ? totalTokens(own.usage.tokens) - totalTokens(sum.tokens)
      : undefined,
    compactions: compactionMarks(known.messages, points),
    children,
    hiddenChildren: hidden,
  };
}

function messagesOf(state: State, { serverID, sessionID }: SessionRef): SessionMessages {
  return state.messages.get(sessionKey(serverID, sessionID)) ?? NO_MESSAGES;
}

/**
 * A figure that includes the session's own, with the cost states of its messages. A server's total is a single
 * cost, which doesn't show that some models have no price or an estimated one. `sum`: usage of all messages. It
 * includes what a fork copied, unlike `own`; only `own` includes what was deleted.
 */
function withCostsOf(sum: Usage, own: Usage, figure: Usage): Usage {
  const states = [sum.recordedUSD, sum.estimatedUSD, sum.unpricedTokens];
  const isMixed = states.filter((amount) => amount > 0).length > 1;
  const missing = totalTokens(own.tokens) - totalTokens(sum.tokens);
  if (missing < 0 || (missing > 0 && !isMixed)) return figure;
  return {
    ...figure,
    estimatedUSD: figure.estimatedUSD - own.estimatedUSD + sum.estimatedUSD,
    unpricedTokens: figure.unpricedTokens - own.unpricedTokens + sum.unpricedTokens,
  };
}

function freshnessOf(server: ServerState): Freshness {
  const { connection } = server;
  switch (connection.kind) {
    case "connected":
      return { kind: "live" };
    case "connecting":
      return { kind: "connecting" };
    case "lost":
      return { kind: "stale", sinceMs: connection.sinceMs, message: connection.message };
    case "unauthorized":
      return { kind: "unauthorized", sinceMs: connection.sinceMs, message: connection.message };
  }
}

function parentTitle(state: State, ref: SessionRef): BreakdownModel["parent"] {
  const parent = parentOf(state, ref);
  const session = parent === undefined ? undefined : getSession(state, parent);
  return session === undefined
    ? undefined
    : { sessionID: session.id, title: cleanTitle(session.title, 80) };
}
