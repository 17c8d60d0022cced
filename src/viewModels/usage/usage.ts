import type { Currency } from "../../core/usage/currency.ts";
import type { LedgerSum } from "../../core/ledger/ledgerSum.ts";
import { sessionIn } from "../../core/ledger/table.ts";
import { usageOf } from "../../core/ledger/usageBy.ts";
import type { UsageFill, UsageProblem, UsageSnapshot } from "../../core/usage/usageSource.ts";
import { type ComparedSession, comparedSession, type Comparison } from "./sessionComparison.ts";
import type { SessionContext } from "./sessionComposition.ts";
import { type UsageBudget, usageBudgets, type UsageForecast } from "./usageBudgets.ts";
import { NO_CACHE, type UsageCache, usageCache } from "./usageCache.ts";
import {
  rangeQuery,
  USAGE_DIMENSIONS,
  USAGE_RANGES,
  type UsageChoices,
  type UsageRange,
} from "./usageChoices.ts";
import { type UsageGroups, usageGroups } from "./usageGroups.ts";
import { NO_HEAT, type UsageHeat, usageHeat } from "./usageHeat.ts";
import { usageNames } from "./usageNames.ts";
import {
  type DrilledSessions,
  drilledSessions,
  type ExpensiveTree,
  expensiveTrees,
  sessionNamer,
} from "./usageSessions.ts";
import { type UsageTrend, usageTrend } from "./usageTrend.ts";

/** The figures of a usage page; `usagePage` decides how they are shown. */
export interface UsageModel {
  /** The choices it was made for. */
  readonly choices: UsageChoices;
  readonly nowMs: number;
  readonly timeZone: string;
  readonly currency: Currency;
  /** The four ranges at the top, in their order. */
  readonly periods: readonly { readonly range: UsageRange; readonly sum: LedgerSum }[];
  readonly trend: UsageTrend;
  readonly groups: readonly UsageGroups[];
  readonly heat: UsageHeat;
  readonly expensive: readonly ExpensiveTree[];
  readonly cache: UsageCache;
  readonly budgets: readonly UsageBudget[];
  readonly forecast: UsageForecast;
  readonly fill: UsageFill | undefined;
  readonly problems: readonly UsageProblem[];
  readonly drilled: DrilledSessions | undefined;
  readonly compared: Comparison;
  readonly composition: SessionContext | undefined;
  /** Whether the ledger holds no answers at all. */
  readonly isEmpty: boolean;
}

export interface UsageInput {
  readonly snapshot: UsageSnapshot;
  readonly choices: UsageChoices;
  /**
   * The view in the side bar or, by default, the panel: the view shows no calendar, no cache, no groups but
   * models and no figures of single sessions, so these are empty.
   */
  readonly page?: "view" | "panel";
  /** Names of the servers in the tree, by the id of the place that holds their history. */
  readonly serverNames?: ReadonlyMap<string, string>;
  /** Whether the most expensive sessions are compared and shown in detail until the user chooses others. */
  readonly fillsSlots?: boolean;
  /** Whether a server in the tree currently has a session. */
  readonly canOpen: (sessionID: string) => boolean;
  /** What is known about a session's context; called for the chosen one. */
  readonly contextOf: (sessionID: string) => Omit<SessionContext, "session">;
}

/** Makes the figures of a usage page. Tiles, charts and tables agree: all use one ledger at one moment. */
export function usageModel(input: UsageInput): UsageModel {
  const { snapshot, choices, canOpen, contextOf } = input;
  const { table, prices, calendar, nowMs } = snapshot;
  const names = usageNames(table, input.serverNames);
  const nameOf = sessionNamer(names, canOpen);
  const query = rangeQuery(choices.range, nowMs, calendar);
  const isView = input.page === "view";
  const groups = usageGroups(table, query, prices, names, isView ? ["model"] : USAGE_DIMENSIONS);
  const models = groups.find(({ dimension }) => dimension === "model")?.groups ?? [];
  const expensive = expensiveTrees(table, query, prices, nameOf);
  const slots: Slots = isView
    ? NO_SLOTS
    : input.fillsSlots === true
      ? filledSlots(choices, expensive)
      : choices;
  const compare = (sessionID: string | undefined): ComparedSession | undefined =>
    sessionID === undefined ? undefined : comparedSession(table, sessionID, prices, names, nameOf);
  return {
    choices,
    nowMs,
    timeZone: calendar.timeZone,
    currency: snapshot.currency,
    periods: USAGE_RANGES.map((range) => ({
      range,
      sum: usageOf(table, rangeQuery(range, nowMs, calendar), prices),
    })),
    trend: usageTrend({ table, prices, calendar, nowMs, query, choices, names }),
    groups,
    heat: isView ? NO_HEAT : usageHeat(table, prices, calendar, nowMs, choices.measure),
    expensive,
    cache: isView ? NO_CACHE : usageCache(table, query, prices, models),
    budgets: usageBudgets(snapshot.budgets, snapshot.rate, nowMs, table, names),
    forecast: { rate: snapshot.rate, projection: snapshot.projection },
    fill: snapshot.fill,
    problems: snapshot.problems,
    drilled:
      isView || choices.drill === undefined
        ? undefined
        : drilledSessions(table, choices.drill, prices, nameOf),
    compared: { a: compare(slots.compareA), b: compare(slots.compareB) },
    composition: compositionOf(),
    isEmpty: table.length === 0,
  };

  function compositionOf(): SessionContext | undefined {
    if (slots.composition === undefined) return undefined;
    const session = sessionIn(table, slots.composition);
    if (session === undefined) return undefined;
    return { session: nameOf(session), ...contextOf(session.id) };
  }
}

type Slots = Pick<UsageChoices, "compareA" | "compareB" | "composition">;

const NO_SLOTS: Slots = { compareA: undefined, compareB: undefined, composition: undefined };

/** The slots, with the most expensive sessions in those the user left empty. */
function filledSlots(
  { compareA, compareB, composition }: Slots,
  expensive: readonly ExpensiveTree[],
): Slots {
  const ids = expensive.map(({ session }) => session.sessionID);
  const first = compareA ?? ids.find((id) => id !== compareB);
  return {
    compareA: first,
    compareB: compareB ?? ids.find((id) => id !== first),
    composition: composition ?? expensive.find(({ session }) => session.canOpen)?.session.sessionID,
  };
}
