import type { Budget, BudgetUse } from "./budget.ts";

/** At this percentage the user is warned, once. */
export const WARN_PERCENT = 80;
/** At this percentage the user is asked what to do. */
export const REACHED_PERCENT = 100;

/** A notification to show to the user about a budget. */
export interface BudgetAlert {
  readonly kind: "warn" | "reached";
  readonly use: BudgetUse;
}

/** What the user has been notified about one budget in one period. */
interface BudgetMark {
  readonly hasWarned: boolean;
  /** The user was notified that it is used up, possibly when nothing was running that could be stopped. */
  readonly hasTold: boolean;
  readonly hasAsked: boolean;
  /** Don't ask again before this time; milliseconds since the epoch. */
  readonly snoozedUntilMs: number | undefined;
  /** When the mark was last used; it expires some time after. */
  readonly keptMs: number;
}

/** What the user has been notified about budgets: plain JSON, so it survives a restart. */
export interface BudgetMemory {
  readonly version: 1;
  readonly marks: Readonly<Record<string, BudgetMark>>;
  /** Budgets without alerts, as they were set (`settingKey`). */
  readonly muted: readonly string[];
}

export const NO_BUDGET_MEMORY: BudgetMemory = { version: 1, marks: {}, muted: [] };

/** Limit for muted budgets; the oldest are dropped. */
const MAX_MUTED = 100;

/** How long marks are kept after their last use: longer than any period, and than a vacation. */
const KEPT_FOR_MS = 62 * 24 * 3_600_000;

/**
 * The alerts to show now, and the memory updated to include them. Once per period, the user is warned at 80% and
 * asked what to do at 100%, without an extra warning. If nothing is running, there is nothing to ask: one alert
 * is shown, and the question follows when something runs. After a snooze the question is repeated. Raising the
 * limit starts over. A muted budget has no alerts.
 */
export function budgetAlerts(
  uses: readonly BudgetUse[],
  memory: BudgetMemory,
  nowMs: number,
  isAtWork: (use: BudgetUse) => boolean = () => true,
): { readonly alerts: readonly BudgetAlert[]; readonly memory: BudgetMemory } {
  const alerts: BudgetAlert[] = [];
  const marks = new Map(
    Object.entries(memory.marks).filter(([, mark]) => nowMs - mark.keptMs < KEPT_FOR_MS),
  );
  for (const use of uses) {
    if (!(use.percent >= WARN_PERCENT) || isMuted(memory, use)) continue;
    const key = budgetKey(use);
    const mark = marks.get(key);
    const isReached = use.percent >= REACHED_PERCENT;
    const isSnoozeOver = mark?.snoozedUntilMs !== undefined && nowMs >= mark.snoozedUntilMs;
    const wasAsked = mark?.hasAsked === true;
    const canAsk = isReached && isAtWork(use);
    const shouldAsk = isReached
      ? canAsk
        ? !wasAsked || isSnoozeOver
        : !wasAsked && mark?.hasTold !== true
      : false;
    const shouldWarn = !isReached && mark?.hasWarned !== true;
    if (shouldAsk || shouldWarn) alerts.push({ kind: shouldAsk ? "reached" : "warn", use });
    marks.set(key, {
      hasWarned: true,
      hasTold: mark?.hasTold === true || isReached,
      hasAsked: wasAsked || canAsk,
      snoozedUntilMs: shouldAsk ? undefined : mark?.snoozedUntilMs,
      keptMs: nowMs,
    });
  }
  return { alerts, memory: { ...memory, marks: Object.fromEntries(marks) } };
}

/** The memory after the user snoozed the question about a used-up budget until a given time. */
export function snoozeBudget(
  memory: BudgetMemory,
  use: BudgetUse,
  untilMs: number,
  nowMs: number,
): BudgetMemory {
  const mark: BudgetMark = {
    hasWarned: true,
    hasTold: true,
    hasAsked: true,
    snoozedUntilMs: untilMs,
    keptMs: nowMs,
  };
  return { ...memory, marks: { ...memory.marks, [budgetKey(use)]: mark } };
}

/** The memory after the user muted a budget: it has no alerts, in any period, until its setting changes. */
export function muteBudget(memory: BudgetMemory, { budget }: BudgetUse): BudgetMemory {
  const muted = new Set([...memory.muted, settingKey(budget)]);
  return { ...memory, muted: [...muted].slice(-MAX_MUTED) };
}

/** Whether the user has muted a budget. */
export function isMuted({ muted }: BudgetMemory, { budget }: BudgetUse): boolean {
  return muted.includes(settingKey(budget));
}

/** Whether the user has snoozed a budget. */
export function isSnoozed(memory: BudgetMemory, use: BudgetUse, nowMs: number): boolean {
  const untilMs = memory.marks[budgetKey(use)]?.snoozedUntilMs;
  return untilMs !== undefined && nowMs < untilMs;
}

/** Parses a stored memory; invalid parts are dropped. */
export function parseBudgetMemory(value: unknown): BudgetMemory {
  if (!isRecord(value) || value["version"] !== 1 || !isRecord(value["marks"])) {
    return NO_BUDGET_MEMORY;
  }
  const marks: Record<string, BudgetMark> = {};
  for (const [key, mark] of Object.entries(value["marks"])) {
    if (!isRecord(mark) || typeof mark["keptMs"] !== "number") continue;
    const snoozedUntilMs = mark["snoozedUntilMs"];
    marks[key] = {
      hasWarned: mark["hasWarned"] === true,
      hasTold: mark["hasTold"] === true,
      hasAsked: mark["hasAsked"] === true,
      snoozedUntilMs: typeof snoozedUntilMs === "number" ? snoozedUntilMs : undefined,
      keptMs: mark["keptMs"],
    };
  }
  const muted: readonly unknown[] = Array.isArray(value["muted"]) ? value["muted"] : [];
  return { version: 1, marks, muted: muted.filter((key) => typeof key === "string") };
}

/** Identifies one budget in one period with one limit. */
export function budgetKey({ budget, treeID, startMs }: BudgetUse): string {
  const { id, limit, unit, counts } = budget;
  return JSON.stringify([id, treeID ?? "", startMs, limit, unit, counts]);
}

/** Identifies one budget as it is set, in all of its periods. */
function settingKey({ id, limit, unit, counts }: Budget): string {
  return JSON.stringify([id, limit, unit, counts]);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
