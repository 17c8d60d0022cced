import { t } from "../../core/language.ts";
import type { LedgerQuery } from "../../core/ledger/ledgerQuery.ts";
import { type Calendar, lastDays, type TimeUnit } from "../../core/ledger/timeBuckets.ts";

/** The period a usage page covers, up to now. Days are those of the time zone. */
export const USAGE_RANGES = ["today", "week", "month", "all"] as const;
export type UsageRange = (typeof USAGE_RANGES)[number];

/** Dimensions that usage can be grouped by. */
export const USAGE_DIMENSIONS = ["model", "agent", "project", "place", "origin"] as const;
export type UsageDimension = (typeof USAGE_DIMENSIONS)[number];

/** What the length of a bar measures. */
export type UsageMeasure = "cost" | "tokens";

/** What bars are stacked by: kinds of tokens (for cost: how it is known), or the groups of a dimension. */
export type UsageStack = "kind" | UsageDimension;

/** The time a bar of the trend covers; `auto` follows the range. */
export type UsageUnit = "auto" | TimeUnit;

/** A selection to look into: the sessions behind a bar, a cell or a row. Undefined fields don't narrow it. */
export interface UsageDrill {
  /** Id of the card it was selected on. */
  readonly chart: string;
  /** Display text. */
  readonly title: string;
  readonly fromMs?: number | undefined;
  readonly untilMs?: number | undefined;
  readonly modelKey?: string | undefined;
  readonly agent?: string | undefined;
  readonly projectKey?: string | undefined;
  readonly placeID?: string | undefined;
  readonly origin?: "root" | "child" | undefined;
  readonly treeID?: string | undefined;
}

/** What the user chose to see. The host computes the page for it; the webview stores it. */
export interface UsageChoices {
  readonly range: UsageRange;
  readonly unit: UsageUnit;
  readonly measure: UsageMeasure;
  readonly stack: UsageStack;
  readonly drill?: UsageDrill | undefined;
  /** Ids of the sessions to compare, and of the one whose context is shown. */
  readonly compareA?: string | undefined;
  readonly compareB?: string | undefined;
  readonly composition?: string | undefined;
}

export const DEFAULT_USAGE_CHOICES: UsageChoices = {
  range: "month",
  unit: "auto",
  measure: "cost",
  stack: "kind",
};

export type UsageChange =
  | { readonly kind: "range"; readonly range: UsageRange }
  | { readonly kind: "unit"; readonly unit: UsageUnit }
  | { readonly kind: "measure"; readonly measure: UsageMeasure }
  | { readonly kind: "stack"; readonly stack: UsageStack }
  /** Look into something; undefined to stop. */
  | { readonly kind: "drill"; readonly drill?: UsageDrill | undefined }
  /** Puts a session in a slot; undefined empties it. */
  | {
      readonly kind: "session";
      readonly slot: SessionSlot;
      readonly sessionID?: string | undefined;
    };

/** Slots for sessions: the two to compare, and the one whose context is shown. */
export type SessionSlot = "compareA" | "compareB" | "composition";

/** The choices after a change. A new range ends the drill, which belongs to the old one. */
export function changeChoices(choices: UsageChoices, change: UsageChange): UsageChoices {
  switch (change.kind) {
    case "range":
      return { ...choices, range: change.range, drill: undefined };
    case "unit":
      return { ...choices, unit: change.unit };
    case "measure":
      return { ...choices, measure: change.measure };
    case "stack":
      return { ...choices, stack: change.stack };
    case "drill":
      return { ...choices, drill: change.drill };
    case "session":
      return { ...choices, [change.slot]: change.sessionID };
  }
}

const RANGE_LABELS: Readonly<Record<UsageRange, string>> = {
  today: t("Today"),
  week: t("7 days"),
  month: t("30 days"),
  all: t("All time"),
};

export function rangeLabel(range: UsageRange): string {
  return RANGE_LABELS[range];
}

const RANGE_DAYS: Readonly<Record<Exclude<UsageRange, "all">, number>> = {
  today: 1,
  week: 7,
  month: 30,
};

/**
 * The rows in a range: today, or today and the days before it, from local midnight until the end of today;
 * `all` is unbounded.
 */
export function rangeQuery(range: UsageRange, nowMs: number, calendar: Calendar): LedgerQuery {
  if (range === "all") return {};
  const { startMs, endMs } = lastDays(RANGE_DAYS[range], nowMs, calendar);
  return { fromMs: startMs, untilMs: endMs };
}

/** A drill that narrows by nothing but the given fields. */
export function drillOf(
  chart: string,
  title: string,
  by: Partial<Omit<UsageDrill, "chart" | "title">>,
): UsageDrill {
  return { chart, title, ...by };
}

export function groupDrill(
  chart: string,
  title: string,
  dimension: UsageDimension,
  key: string,
  span: Pick<LedgerQuery, "fromMs" | "untilMs"> = {},
): UsageDrill {
  const by = {
    model: { modelKey: key },
    agent: { agent: key },
    project: { projectKey: key },
    place: { placeID: key },
    origin: { origin: key === "child" ? ("child" as const) : ("root" as const) },
  }[dimension];
  return drillOf(chart, title, { ...by, fromMs: span.fromMs, untilMs: span.untilMs });
}

/** The rows behind a drill. Only its own times apply: they already respect the range it was made in. */
export function drillQuery(drill: UsageDrill): LedgerQuery {
  const { fromMs, untilMs, modelKey, agent, projectKey, placeID, origin, treeID } = drill;
  return {
    ...(fromMs === undefined ? {} : { fromMs }),
    ...(untilMs === undefined ? {} : { untilMs }),
    ...(modelKey === undefined ? {} : { modelKeys: new Set([modelKey]) }),
    ...(agent === undefined ? {} : { agents: new Set([agent]) }),
    ...(projectKey === undefined ? {} : { projectKeys: new Set([projectKey]) }),
    ...(placeID === undefined ? {} : { placeIDs: new Set([placeID]) }),
    ...(origin === undefined ? {} : { origin }),
    ...(treeID === undefined ? {} : { treeIDs: new Set([treeID]) }),
  };
}
