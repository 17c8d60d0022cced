import { BUDGET_PERIODS, type BudgetPeriod, type BudgetUse, isBudgetFor } from "../usage/budget.ts";
import { contextTokensOf } from "../state/context.ts";
import { budgetReachedMs, turnsUntilFull, type UsageRate } from "../usage/forecast.ts";
import { rateStatus } from "../usage/forecastStatus.ts";
import type { Turn } from "../ledger/sessionTurns.ts";
import { projectKeyOf } from "../ledger/table.ts";
import { getLive, getServer, getSession, parentOf, rootOf, sessionModel } from "../state/lookup.ts";
import { isPrompt } from "../state/message.ts";
import { modelKey } from "../state/model.ts";
import { contextUse, ownUsage, treeUsage } from "../state/selectors.ts";
import { type SessionRef, sessionKey } from "../state/session.ts";
import { sessionState } from "../state/sessionState.ts";
import type { State } from "../state/state.ts";
import {
  addUsage,
  costState,
  NO_TOKENS,
  NO_USAGE,
  recordedUsage,
  type Tokens,
  totalTokens,
  type Usage,
  writtenCost,
} from "../usage/usage.ts";
import type {
  BudgetStatus,
  BudgetStatuses,
  CostStatus,
  SessionStateName,
  SessionStatus,
  TokensStatus,
} from "./publicAPI.ts";

/*
 * The one answer to "how much has this session used, and what is it doing?" for agents and programs. Plain JSON;
 * unknown values are null, never zero. `publicAPI.ts` has its types, from which `npm run manifest` makes the schemas;
 * bump `schemaVersion` for any change that would mislead readers of the previous version.
 */

/** Input that isn't in the servers' state. */
export interface SessionStatusExtras {
  /** Local clock. */
  readonly nowMs: number;
  /** Uses of the configured budgets; session budgets are those of this session's tree. */
  readonly budgets?: readonly BudgetUse[];
  /** Where the session's history lives, as budgets name it. */
  readonly placeID?: string | undefined;
  /** The session's turns, if the ledger has them. */
  readonly turns?: readonly Turn[] | undefined;
  /** How fast the tree uses up tokens and money. */
  readonly rate?: UsageRate | undefined;
  /** The rate of all usage together, which applies to budgets that aren't session budgets. */
  readonly overallRate?: UsageRate | undefined;
}

/** What a session is doing, as reported in its status. */
export function stateStatus(state: State, ref: SessionRef): SessionStateName | null {
  const { kind } = sessionState(state, ref);
  return kind === "unknown" ? null : kind;
}

/** The status of a session; undefined if the session is unknown. */
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
  const lastTurn = turns?.findLast(({ usage }) => totalTokens(usage.tokens) > 0) ?? turns?.at(-1);
  const rootID = rootOf(state, ref).sessionID;
  const budgets = budgetsOf(state, ref, extras);
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
    state: stateStatus(state, ref),
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
      ...rateStatus(extras.rate),
      turnsUntilContextFull:
        turns === undefined ? null : (turnsUntilFull(turns, context?.contextLimit) ?? null),
      budgetReachedMs: reached.length === 0 ? null : Math.min(...reached),
    },
  };
}

/** The budgets that a session counts towards. */
export function budgetsOf(
  state: State,
  ref: SessionRef,
  { budgets = [], placeID = ref.serverID }: SessionStatusExtras,
): readonly BudgetUse[] {
  const session = getSession(state, ref);
  if (session === undefined) return [];
  const about = { projectKey: projectKeyOf(session), placeID };
  const rootID = rootOf(state, ref).sessionID;
  return budgets.filter(
    ({ budget, treeID }) =>
      isBudgetFor(budget, about) && (budget.period !== "session" || treeID === rootID),
  );
}

/** Token counts as reported in the status. */
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

/** A cost as reported in the status. */
export function costStatus(usage: Usage): CostStatus {
  const { costUSD, costState } = writtenCost(usage);
  return { cost: costUSD ?? null, costState };
}

function turnStatus(turn: Turn, own: Usage): NonNullable<SessionStatus["usage"]["lastTurn"]> {
  const { tokens } = turn.usage;
  // If the session's cost is exact, an answer without a recorded cost was free.
  const isExact = costState(own) === "recorded";
  const usage = isExact ? { ...turn.usage, unpricedTokens: 0 } : turn.usage;
  return {
    input: tokens.input,
    output: tokens.output,
    totalTokens: totalTokens(tokens),
    ...costStatus(usage),
  };
}

/** For each period, the budget with the highest percentage used. */
export function budgetStatuses(uses: readonly BudgetUse[]): BudgetStatuses {
  const most = (period: BudgetPeriod): BudgetStatus | null => {
    const [first] = uses
      .filter(({ budget }) => budget.period === period)
      .sort((a, b) => b.percent - a.percent);
    if (first === undefined) return null;
    const { used, limit, percent, budget, unpricedTokens } = first;
    return { used, limit, percent, unit: budget.unit, isLowerBound: unpricedTokens > 0 };
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

/** The turns of a session whose messages are all loaded, as when the user has it open. */
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
      usage: addUsage(turn?.usage ?? NO_USAGE, recordedUsage(tokens, message.costUSD ?? 0)),
      contextTokens: contextTokens ?? turn?.contextTokens,
      isEnded: message.role === "assistant" && message.completedMs !== undefined,
      isCompacted: isSummary || turn?.isCompacted === true,
    });
  }
  // Between two steps the last answer is complete, but its turn continues.
  const last = getLive(state, ref).activity.kind === "idle" ? undefined : turns.pop();
  return last === undefined ? turns : [...turns, { ...last, isEnded: false }];
}
