import type { BudgetUse } from "./budget.ts";

/** From here on a person is warned, once. */
export const WARN_PERCENT = 80;
/** From here on a person is asked what to do. */
export const REACHED_PERCENT = 100;

/** Something a person should be told about a budget. */
export interface BudgetAlert {
  readonly kind: "warn" | "reached";
  readonly use: BudgetUse;
}

/** What has been told about one budget in one period. */
interface BudgetMark {
  readonly hasWarned: boolean;
  /** Told that it is used up, at a moment when nothing was at work that could have been stopped. */
  readonly hasTold: boolean;
  readonly hasAsked: boolean;
  /** Not to be asked again before; milliseconds since the epoch. */
  readonly snoozedUntilMs: number | undefined;
  /** When the mark was last of use: it is forgotten some time after. */
  readonly keptMs: number;
}

/** What has been told about budgets: plain JSON, so that it survives a restart. */
export interface BudgetMemory {
  readonly version: 1;
  readonly marks: Readonly<Record<string, BudgetMark>>;
}

export const NO_BUDGET_MEMORY: BudgetMemory = { version: 1, marks: {} };

/** Marks are kept for so long after the last look: longer than any period, and than a holiday. */
const KEPT_FOR_MS = 62 * 24 * 3_600_000;

/**
 * What is to be told now, and the memory of having told it. A person is warned once a period at 80 % and asked
 * once at 100 %; who is asked is not warned as well. Where nothing is at work there is nothing to ask: that is
 * told once, and asked once when something is. After a snooze the question is put once more. Raising the limit
 * begins anew: the new limit has not been spoken of.
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
    if (!(use.percent >= WARN_PERCENT)) continue;
    const key = budgetKey(use);
    const mark = marks.get(key);
    const isReached = use.percent >= REACHED_PERCENT;
    const isSnoozeOver = mark?.snoozedUntilMs !== undefined && nowMs >= mark.snoozedUntilMs;
    const wasAsked = mark?.hasAsked === true;
    const canAsk = isReached && isAtWork(use);
    const asks = isReached
      ? canAsk
        ? !wasAsked || isSnoozeOver
        : !wasAsked && mark?.hasTold !== true
      : false;
    const warns = !isReached && mark?.hasWarned !== true;
    if (asks || warns) alerts.push({ kind: asks ? "reached" : "warn", use });
    marks.set(key, {
      hasWarned: true,
      hasTold: mark?.hasTold === true || isReached,
      hasAsked: wasAsked || canAsk,
      snoozedUntilMs: asks ? undefined : mark?.snoozedUntilMs,
      keptMs: nowMs,
    });
  }
  return { alerts, memory: { version: 1, marks: Object.fromEntries(marks) } };
}

/** The memory after a person asked to be asked again at a time, about a budget that is used up. */
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
  return { version: 1, marks: { ...memory.marks, [budgetKey(use)]: mark } };
}

/** Whether a person wants to hear nothing of a budget now. */
export function isSnoozed(memory: BudgetMemory, use: BudgetUse, nowMs: number): boolean {
  const untilMs = memory.marks[budgetKey(use)]?.snoozedUntilMs;
  return untilMs !== undefined && nowMs < untilMs;
}

/** Reads a memory back; what cannot be understood is forgotten. */
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
  return { version: 1, marks };
}

/** One budget, one period, one limit. */
export function budgetKey({ budget, treeID, startMs }: BudgetUse): string {
  const { id, limit, unit, counts } = budget;
  return JSON.stringify([id, treeID ?? "", startMs, limit, unit, counts]);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
