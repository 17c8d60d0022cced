import { BUDGET_PERIODS, type BudgetPeriod, type BudgetUse, isBudgetFor } from "./budget.ts";
import { contextTokensOf } from "./context.ts";
import { budgetReachedMs, turnsUntilFull, type UsageRate } from "./forecast.ts";
import type { Turn } from "./ledger/sessionTurns.ts";
import { projectKeyOf } from "./ledger/table.ts";
import { getLive, getServer, getSession, parentOf, rootOf, sessionModel } from "./lookup.ts";
import { isPrompt } from "./message.ts";
import { modelKey } from "./model.ts";
import { contextUse, ownUsage, treeUsage } from "./selectors.ts";
import { type SessionRef, sessionKey } from "./session.ts";
import { type SessionState, sessionState } from "./sessionState.ts";
import type { State } from "./state.ts";
import {
  addTokens,
  type CostState,
  costState,
  NO_TOKENS,
  type Tokens,
  totalTokens,
  totalUSD,
  type Usage,
} from "./usage.ts";

/*
 * The one answer to «how much has this session used, and what is it doing», for agents and programs. Plain
 * JSON: what is not known is null, never zero. `sessionStatusSchema.ts` describes it; both change together, and
 * `schemaVersion` with whatever would mislead a reader of the version before.
 */

/** Billed tokens. `input` excludes what came from or went to a cache, `output` excludes reasoning. */
export interface TokensStatus {
  readonly input: number;
  readonly output: number;
  readonly reasoning: number;
  readonly cache: { readonly read: number; readonly write: number };
  /** All five kinds together. */
  readonly totalTokens: number;
}

/** What something cost. */
export interface CostStatus {
  /** US dollars, recorded by the server and estimated from list prices; null when nobody knows a price. */
  readonly cost: number | null;
  readonly costState: CostState;
}

export interface BudgetStatus {
  /** In `unit`. */
  readonly used: number;
  readonly limit: number;
  /** Above 100 when overdrawn. */
  readonly percent: number;
  readonly unit: "USD" | "tokens";
}

export interface SessionStatus {
  readonly schemaVersion: 1;
  readonly sessionID: string;
  readonly title: string;
  readonly server: string;
  /** The session that started this one, where one did. */
  readonly parentID: string | null;
  /** The topmost session of its tree; its own id for one without a parent. */
  readonly rootID: string;
  readonly state: SessionState["kind"];
  /** Model used last, `providerID/modelID`. */
  readonly model: string | null;
  readonly usage: {
    /** The session alone. `isEstimate`: text that still streams is counted by its length. */
    readonly session: TokensStatus &
      CostStatus & { readonly turns: number | null; readonly isEstimate: boolean };
    /** With all sessions it started. */
    readonly tree: TokensStatus &
      CostStatus & { readonly sessions: number; readonly isEstimate: boolean };
    /** The last turn of which a step has ended: the one at work, or before its first step the one before. */
    readonly lastTurn:
      (Pick<TokensStatus, "input" | "output" | "totalTokens"> & Pick<CostStatus, "cost">) | null;
    /** Of each period the budget that is used up most, of those that are about this session. */
    readonly budgets: Readonly<Record<BudgetPeriod, BudgetStatus | null>>;
  };
  /** Tokens in the context window now: another figure than those billed. */
  readonly context: {
    readonly used: number;
    readonly limit: number | null;
    readonly percent: number | null;
    readonly isEstimate: boolean;
  } | null;
  readonly forecast: {
    /** At the present rate of the whole tree; null when too little has happened lately. */
    readonly usdPerHour: number | null;
    readonly tokensPerMinute: number | null;
    readonly turnsUntilContextFull: number | null;
    /** When the first of the budgets will be used up, milliseconds since the epoch. */
    readonly budgetReachedMs: number | null;
  };
}

/** What the state of the servers does not hold. */
export interface SessionStatusExtras {
  /** Our clock. */
  readonly nowMs: number;
  /** Uses of the budgets set; those for sessions are of this session's tree. */
  readonly budgets?: readonly BudgetUse[];
  /** Where the session's history lives, as budgets name it. */
  readonly placeID?: string | undefined;
  /** The session's turns, where the ledger knows them. */
  readonly turns?: readonly Turn[] | undefined;
  /** How fast the tree uses up tokens and money. */
  readonly rate?: UsageRate | undefined;
  /** How fast everything together does: what budgets that are not for sessions are used up by. */
  readonly overallRate?: UsageRate | undefined;
}

/** The status of a session; undefined when it is not known. */
export function sessionStatus(
  state: State,
  ref: SessionRef,
  extras: SessionStatusExtras,
): SessionStatus | undefined {
  const session = getSession(state, ref);
  const server = getServer(state, ref.serverID);
  if (session === undefined || server === undefined) return undefined;
  const { usage: own, isEstimate } = ownUsage(state, ref);
  const tree = treeUsage(state, ref);
  const context = contextUse(state, ref);
  const turns = extras.turns ?? watchedTurns(state, ref);
  const lastTurn = turns?.findLast(({ tokens }) => totalTokens(tokens) > 0) ?? turns?.at(-1);
  const about = {
    projectKey: projectKeyOf(session),
    placeID: extras.placeID ?? ref.serverID,
  };
  const rootID = rootOf(state, ref).sessionID;
  const budgets = (extras.budgets ?? []).filter(
    ({ budget, treeID }) =>
      isBudgetFor(budget, about) && (budget.period !== "session" || treeID === rootID),
  );
  const rates = { all: extras.overallRate, tree: extras.rate };
  const reached = budgets
    .map((use) => budgetReachedMs(use, rates, extras.nowMs))
    .filter((atMs) => atMs !== undefined);
  const model = sessionModel(state, ref);
  return {
    schemaVersion: 1,
    sessionID: session.id,
    title: session.title,
    server: server.endpoint.name,
    parentID: parentOf(state, ref)?.sessionID ?? session.parentID ?? null,
    rootID,
    state: sessionState(state, ref).kind,
    model: model === undefined ? null : modelKey(model),
    usage: {
      session: {
        turns: turns?.length ?? null,
        ...tokensStatus(own.tokens),
        ...costStatus(own),
        isEstimate,
      },
      tree: {
        sessions: tree.descendants + 1,
        ...tokensStatus(tree.usage.tokens),
        ...costStatus(tree.usage),
        isEstimate: tree.isEstimate,
      },
      lastTurn: lastTurn === undefined ? null : turnStatus(lastTurn, own),
      budgets: budgetStatuses(budgets),
    },
    context:
      context === undefined
        ? null
        : {
            used: context.contextTokens,
            limit: context.contextLimit ?? null,
            percent: context.percent ?? null,
            isEstimate: context.isEstimate,
          },
    forecast: {
      usdPerHour: extras.rate?.usdPerHour ?? null,
      tokensPerMinute: extras.rate?.tokensPerMinute ?? null,
      turnsUntilContextFull:
        turns === undefined ? null : (turnsUntilFull(turns, context?.contextLimit) ?? null),
      budgetReachedMs: reached.length === 0 ? null : Math.min(...reached),
    },
  };
}

/** Token counts as the status tells them. */
export function tokensStatus(tokens: Tokens): TokensStatus {
  const { input, output, reasoning, cache } = tokens;
  return {
    input,
    output,
    reasoning,
    cache: { read: cache.read, write: cache.write },
    totalTokens: totalTokens(tokens),
  };
}

/** A cost as the status tells it. */
export function costStatus(usage: Usage): CostStatus {
  const state = costState(usage);
  return { cost: state === "unpriced" ? null : totalUSD(usage), costState: state };
}

function turnStatus(turn: Turn, own: Usage): NonNullable<SessionStatus["usage"]["lastTurn"]> {
  const { input, output } = turn.tokens;
  const total = totalTokens(turn.tokens);
  // A turn that recorded no cost has one only where the session's is not an estimate or unknown.
  const isKnown = turn.costUSD > 0 || total === 0 || costState(own) === "recorded";
  return { input, output, totalTokens: total, cost: isKnown ? turn.costUSD : null };
}

/** Of each period the budget that is used up most. */
export function budgetStatuses(
  uses: readonly BudgetUse[],
): Readonly<Record<BudgetPeriod, BudgetStatus | null>> {
  const most = (period: BudgetPeriod): BudgetStatus | null => {
    const [first] = uses
      .filter(({ budget }) => budget.period === period)
      .sort((a, b) => b.percent - a.percent);
    if (first === undefined) return null;
    const { used, limit, percent, budget } = first;
    return { used, limit, percent, unit: budget.unit };
  };
  const [hourly, daily, weekly, monthly, session] = BUDGET_PERIODS.map(most);
  return {
    hourly: hourly ?? null,
    daily: daily ?? null,
    weekly: weekly ?? null,
    monthly: monthly ?? null,
    session: session ?? null,
  };
}

/** The turns of a session whose messages are all loaded, as when it is being looked at. */
function watchedTurns(state: State, ref: SessionRef): readonly Turn[] | undefined {
  const watched = state.messages.get(sessionKey(ref.serverID, ref.sessionID));
  if (watched?.isComplete !== true) return undefined;
  const turns: Turn[] = [];
  for (const message of watched.messages) {
    const { createdMs, isSummary } = message;
    if (message.role === "user" && !isPrompt(message)) continue;
    const turn = message.role === "user" ? undefined : turns.pop();
    const tokens = message.tokens ?? NO_TOKENS;
    const contextTokens = isSummary ? undefined : contextTokensOf(tokens);
    turns.push({
      startMs: turn?.startMs ?? createdMs,
      tokens: addTokens(turn?.tokens ?? NO_TOKENS, tokens),
      costUSD: (turn?.costUSD ?? 0) + (message.costUSD ?? 0),
      contextTokens: contextTokens ?? turn?.contextTokens,
      isEnded: message.role === "assistant" && message.completedMs !== undefined,
      isCompacted: isSummary || turn?.isCompacted === true,
    });
  }
  // Between two steps the last answer is complete, and its turn goes on.
  const last = getLive(state, ref).activity.kind === "idle" ? undefined : turns.pop();
  return last === undefined ? turns : [...turns, { ...last, isEnded: false }];
}
