/**
 * What crosses between the extension host and the pages of usage. The host sends whole snapshots, made for the
 * choices it knows; the page sends the choices that a person makes and keeps those a snapshot was made for. Both
 * sides guard what they get.
 */
import type { Currency } from "../core/currency.ts";
import type { LedgerSum } from "../core/ledger/ledgerSum.ts";
import type { UsageFill, UsageProblem } from "../core/usageSource.ts";
import type { ComparedSession } from "../viewModels/sessionComparison.ts";
import type { ContextComposition } from "../viewModels/sessionComposition.ts";
import type { SessionContext, UsageModel } from "../viewModels/usage.ts";
import type { UsageBudget, UsageForecast } from "../viewModels/usageBudgets.ts";
import type { UsageCache } from "../viewModels/usageCache.ts";
import type {
  SessionSlot,
  UsageChange,
  UsageChoices,
  UsageDimension,
  UsageDrill,
  UsageMeasure,
  UsageRange,
  UsageStack,
  UsageUnit,
} from "../viewModels/usageChoices.ts";
import type { UsageGroup, UsageGroups } from "../viewModels/usageGroups.ts";
import type { HeatDay, UsageHeat } from "../viewModels/usageHeat.ts";
import type { DrilledSessions, ExpensiveTree, UsageSession } from "../viewModels/usageSessions.ts";
import { USAGE_TABLE_IDS, type UsageTableID } from "../viewModels/usageTables.ts";
import type { TrendBucket, TrendSeries, UsageTrend } from "../viewModels/usageTrend.ts";
import { isPicture, isUsage } from "./breakdown.ts";
import {
  type Guard,
  isCount,
  isFigure,
  isFlag,
  isText,
  listOf,
  literal,
  only,
  optional,
  shapeOf,
  taggedBy,
} from "./guards.ts";

/** Host to page. */
export type ToUsage =
  | { readonly type: "snapshot"; readonly model: UsageModel }
  /** There is nothing to show yet; `isOver`: nor will there be. */
  | { readonly type: "waiting"; readonly message: string; readonly isOver: boolean };

/** Page to host. */
export type FromUsage =
  /** The script runs and wants a snapshot; `choices` are those VS Code kept. */
  | { readonly type: "ready"; readonly choices: UsageChoices | undefined }
  | { readonly type: "choose"; readonly change: UsageChange }
  /** Ask the person for a session. */
  | { readonly type: "pickSession"; readonly slot: SessionSlot }
  /** Open the token breakdown of a session. */
  | { readonly type: "openSession"; readonly sessionID: string }
  /** Open the panel at what the view in the side bar shows, looking into something of it. */
  | { readonly type: "openPanel"; readonly drill: UsageDrill | undefined }
  | { readonly type: "openBudgets" }
  | { readonly type: "refill" }
  | { readonly type: "cancelFill" }
  | { readonly type: "copy"; readonly format: "csv" | "json"; readonly table: UsageTableID }
  | { readonly type: "export"; readonly format: "csv" | "json"; readonly table: UsageTableID }
  | { readonly type: "savePicture"; readonly chart: UsageTableID; readonly dataURL: string }
  | { readonly type: "problem"; readonly message: string };

/** What VS Code keeps of a page over hiding and reloading. */
export interface UsageKept {
  readonly version: 1;
  readonly choices: UsageChoices;
  /** Cards that show their table instead of their chart. */
  readonly tables: readonly string[];
  readonly hiddenSeries: readonly string[];
  readonly scrollTop: number;
}

const isRange: Guard<UsageRange> = literal("today", "week", "month", "all");
const isUnit: Guard<UsageUnit> = literal("auto", "hour", "day", "week", "month");
const isMeasure: Guard<UsageMeasure> = literal("cost", "tokens");
const isDimension: Guard<UsageDimension> = literal("model", "agent", "project", "place", "origin");
const isStack: Guard<UsageStack> = literal("kind", "model", "agent", "project", "place", "origin");
const isTableID: Guard<UsageTableID> = literal(...USAGE_TABLE_IDS);
const isFormat: Guard<"csv" | "json"> = literal("csv", "json");

const isDrill = shapeOf<UsageDrill>({
  chart: isText,
  title: isText,
  fromMs: optional(isFigure),
  untilMs: optional(isFigure),
  modelKey: optional(isText),
  agent: optional(isText),
  projectKey: optional(isText),
  placeID: optional(isText),
  origin: optional(literal("root", "child")),
  treeID: optional(isText),
});

const isChoices = shapeOf<UsageChoices>({
  range: isRange,
  unit: isUnit,
  measure: isMeasure,
  stack: isStack,
  drill: optional(isDrill),
  compareA: optional(isText),
  compareB: optional(isText),
  composition: optional(isText),
});

const isSlot: Guard<SessionSlot> = literal("compareA", "compareB", "composition");

const isChange = taggedBy<"kind", UsageChange>("kind", {
  range: shapeOf({ kind: only("range"), range: isRange }),
  unit: shapeOf({ kind: only("unit"), unit: isUnit }),
  measure: shapeOf({ kind: only("measure"), measure: isMeasure }),
  stack: shapeOf({ kind: only("stack"), stack: isStack }),
  drill: shapeOf({ kind: only("drill"), drill: optional(isDrill) }),
  session: shapeOf({ kind: only("session"), slot: isSlot, sessionID: optional(isText) }),
});

const isSum = shapeOf<LedgerSum>({
  messages: isCount,
  spent: isUsage,
  copied: isUsage,
  alsoSpent: isUsage,
  badMessages: isCount,
});

const isSession = shapeOf<UsageSession>({
  sessionID: isText,
  title: isText,
  project: isText,
  place: isText,
  createdMs: isFigure,
  isChild: isFlag,
  isGone: isFlag,
  canOpen: isFlag,
});

const isTrend = shapeOf<UsageTrend>({
  unit: literal("hour", "day", "week", "month"),
  isCoarser: isFlag,
  series: listOf(shapeOf<TrendSeries>({ key: isText, label: isText })),
  buckets: listOf(
    shapeOf<TrendBucket>({
      startMs: isFigure,
      endMs: isFigure,
      name: isText,
      label: isText,
      title: isText,
      sum: isSum,
      values: listOf(isFigure),
      drill: isDrill,
    }),
  ),
  undated: isSum,
});

const isGroups = listOf(
  shapeOf<UsageGroups>({
    dimension: isDimension,
    groups: listOf(
      shapeOf<UsageGroup>({ key: isText, label: isText, hint: isText, sum: isSum, drill: isDrill }),
    ),
  }),
);

const isHeat = shapeOf<UsageHeat>({
  days: listOf(
    shapeOf<HeatDay>({
      name: isText,
      title: isText,
      week: isCount,
      weekday: isCount,
      messages: isCount,
      usage: isUsage,
      level: isCount,
      drill: isDrill,
    }),
  ),
  weeks: isCount,
  weekStart: isCount,
});

const isCache = shapeOf<UsageCache>({
  inputTokens: isCount,
  readTokens: isCount,
  writeTokens: isCount,
  hitRate: optional(isCount),
  savedUSD: optional(isFigure),
  unpricedTokens: isCount,
  models: listOf(
    shapeOf<UsageCache["models"][number]>({
      key: isText,
      label: isText,
      drill: isDrill,
      inputTokens: isCount,
      readTokens: isCount,
      writeTokens: isCount,
      hitRate: optional(isCount),
      savedUSD: optional(isFigure),
    }),
  ),
});

const isBudget = shapeOf<UsageBudget>({
  id: isText,
  title: isText,
  unit: literal("USD", "tokens"),
  used: isCount,
  limit: isCount,
  percent: isCount,
  overshoot: isCount,
  estimated: isCount,
  unpricedTokens: isCount,
  isRecordedOnly: isFlag,
  endMs: optional(isFigure),
  reachedMs: optional(isFigure),
  drill: isDrill,
});

const isForecast = shapeOf<UsageForecast>({
  usdPerHour: optional(isFigure),
  tokensPerMinute: optional(isFigure),
  todayUSD: isFigure,
  endOfDayUSD: optional(isFigure),
  monthUSD: isFigure,
  endOfMonthUSD: optional(isFigure),
});

const isCompared = shapeOf<ComparedSession>({
  session: isSession,
  own: isSum,
  tree: isSum,
  descendants: isCount,
  turns: isCount,
  durationMs: optional(isCount),
  largestContext: optional(isCount),
  hitRate: optional(isCount),
  models: listOf(isText),
  agents: listOf(isText),
});

const isContext = shapeOf<SessionContext>({
  session: isSession,
  context: optional(
    shapeOf<ContextComposition>({
      contextTokens: optional(isCount),
      tokens: shapeOf<ContextComposition["tokens"]>({
        system: isCount,
        user: isCount,
        assistant: isCount,
        tool: isCount,
      }),
      messages: isCount,
      compactedMessages: isCount,
      isComplete: isFlag,
    }),
  ),
  reason: optional(isText),
});

const isModel = shapeOf<UsageModel>({
  choices: isChoices,
  nowMs: isFigure,
  timeZone: isText,
  currency: shapeOf<Currency>({ code: isText, perUSD: isFigure }),
  periods: listOf(shapeOf<UsageModel["periods"][number]>({ range: isRange, sum: isSum })),
  trend: isTrend,
  groups: isGroups,
  heat: isHeat,
  expensive: listOf(
    shapeOf<ExpensiveTree>({
      session: isSession,
      own: isSum,
      tree: isSum,
      descendants: isCount,
      drill: isDrill,
    }),
  ),
  cache: isCache,
  budgets: listOf(isBudget),
  forecast: isForecast,
  fill: optional(
    shapeOf<UsageFill>({
      name: isText,
      progress: optional(
        shapeOf<NonNullable<UsageFill["progress"]>>({
          sessions: isCount,
          allSessions: isCount,
          rows: isCount,
        }),
      ),
    }),
  ),
  problems: listOf(
    shapeOf<UsageProblem>({ severity: literal("warning", "info"), message: isText }),
  ),
  drilled: optional(
    shapeOf<DrilledSessions>({
      drill: isDrill,
      sessions: listOf(
        shapeOf<DrilledSessions["sessions"][number]>({ session: isSession, sum: isSum }),
      ),
      hidden: isCount,
      sum: isSum,
    }),
  ),
  compared: shapeOf<UsageModel["compared"]>({
    a: optional(isCompared),
    b: optional(isCompared),
  }),
  composition: optional(isContext),
  isEmpty: isFlag,
});

/** Guards what the page gets. */
export const isToUsage: Guard<ToUsage> = taggedBy<"type", ToUsage>("type", {
  snapshot: shapeOf({ type: only("snapshot"), model: isModel }),
  waiting: shapeOf({ type: only("waiting"), message: isText, isOver: isFlag }),
});

/** Guards what the host gets. */
export const isFromUsage: Guard<FromUsage> = taggedBy<"type", FromUsage>("type", {
  ready: shapeOf({ type: only("ready"), choices: optional(isChoices) }),
  choose: shapeOf({ type: only("choose"), change: isChange }),
  pickSession: shapeOf({ type: only("pickSession"), slot: isSlot }),
  openSession: shapeOf({ type: only("openSession"), sessionID: isText }),
  openPanel: shapeOf({ type: only("openPanel"), drill: optional(isDrill) }),
  openBudgets: shapeOf({ type: only("openBudgets") }),
  refill: shapeOf({ type: only("refill") }),
  cancelFill: shapeOf({ type: only("cancelFill") }),
  copy: shapeOf({ type: only("copy"), format: isFormat, table: isTableID }),
  export: shapeOf({ type: only("export"), format: isFormat, table: isTableID }),
  savePicture: shapeOf({ type: only("savePicture"), chart: isTableID, dataURL: isPicture }),
  problem: shapeOf({ type: only("problem"), message: isText }),
});

/** Guards what VS Code kept of a page: it may come from another version of this extension. */
export const isUsageKept: Guard<UsageKept> = shapeOf<UsageKept>({
  version: only(1),
  choices: isChoices,
  tables: listOf(isText),
  hiddenSeries: listOf(isText),
  scrollTop: isCount,
});
