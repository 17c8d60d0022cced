import { totalTokens } from "../core/usage.ts";
import type { LedgerSum } from "../core/ledger/ledgerSum.ts";
import { csvText } from "./csv.ts";
import type { ComparedSession } from "./sessionComparison.ts";
import type { UsageModel } from "./usage.ts";
import type { UsageSession } from "./usageSessions.ts";
import { usageTable, type UsageTableID } from "./usageTables.ts";
import { figuresJSON } from "./figuresJSON.ts";

/** The table of a card as CSV with exact figures, its sum left out: a spreadsheet makes its own. */
export function usagePageCSV(model: UsageModel, id: UsageTableID): string {
  const { columns, rows } = usageTable(model, id);
  return csvText([
    columns.map(({ csv }) => csv),
    ...rows.map(({ cells }) => cells.map(({ value }) => value)),
  ]);
}

/** Name of the JSON export's shape; the number rises when a reader of the old one would break. */
export const USAGE_PAGE_SCHEMA = "opencode-sessions.usage-page/1";

/**
 * All that a page shows as JSON for programs: exact figures in US dollars, `null` for what is not known. An
 * unpriced cost is `null`, never 0.
 */
export function usagePageJSON(model: UsageModel): string {
  const { choices, cache, composition } = model;
  const value = {
    schema: USAGE_PAGE_SCHEMA,
    exported: new Date(model.nowMs).toISOString(),
    timeZone: model.timeZone,
    range: choices.range,
    periods: Object.fromEntries(model.periods.map(({ range, sum }) => [range, sumJSON(sum)])),
    trend: {
      unit: model.trend.unit,
      buckets: model.trend.buckets.map(({ name, startMs, endMs, sum }) => ({
        name,
        start: new Date(startMs).toISOString(),
        end: new Date(endMs).toISOString(),
        ...sumJSON(sum),
      })),
      undated: sumJSON(model.trend.undated),
    },
    groups: Object.fromEntries(
      model.groups.map(({ dimension, groups }) => [
        dimension === "place" ? "server" : dimension,
        groups.map(({ key, label, sum }) => ({ key, name: label, ...sumJSON(sum) })),
      ]),
    ),
    calendar: model.heat.days
      .filter(({ usage }) => totalTokens(usage.tokens) > 0)
      .map(({ name, messages, usage }) => ({
        day: name,
        answers: messages,
        ...figuresJSON(usage),
      })),
    mostExpensive: model.expensive.map(({ session, own, tree, descendants }) => ({
      ...sessionJSON(session),
      subSessions: descendants,
      own: sumJSON(own),
      tree: sumJSON(tree),
    })),
    cache: {
      ...cacheJSON(cache),
      unpricedTokens: cache.unpricedTokens,
      models: cache.models.map((one) => ({ model: one.key, ...cacheJSON(one) })),
    },
    budgets: model.budgets.map(
      ({ title, unit, used, limit, percent, overshoot, estimated, unpricedTokens }) => ({
        title,
        unit,
        used,
        limit,
        percent,
        overshoot,
        estimatedUSD: estimated,
        unpricedTokens,
      }),
    ),
    forecast: Object.fromEntries(
      Object.entries(model.forecast).map(([key, figure]: [string, number | undefined]) => [
        key,
        figure ?? null,
      ]),
    ),
    sessions:
      model.drilled === undefined
        ? null
        : {
            of: model.drilled.drill.title,
            sum: sumJSON(model.drilled.sum),
            leftOut: model.drilled.hidden,
            list: model.drilled.sessions.map(({ session, sum }) => ({
              ...sessionJSON(session),
              ...sumJSON(sum),
            })),
          },
    comparison: [model.compared.a, model.compared.b].map((one) =>
      one === undefined ? null : comparedJSON(one),
    ),
    composition:
      composition?.context === undefined
        ? null
        : {
            ...sessionJSON(composition.session),
            isEstimate: true,
            contextTokens: composition.context.contextTokens ?? null,
            tokens: composition.context.tokens,
          },
  };
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function sumJSON({ messages, spent, alsoSpent, copied, badMessages }: LedgerSum): object {
  return {
    answers: messages,
    ...figuresJSON(spent),
    alsoSpent: figuresJSON(alsoSpent),
    copied: figuresJSON(copied),
    answersWithBadFigures: badMessages,
  };
}

function sessionJSON({
  sessionID,
  title,
  project,
  place,
  createdMs,
  isGone,
}: UsageSession): object {
  return {
    id: sessionID,
    title,
    project,
    server: place,
    created: createdMs > 0 ? new Date(createdMs).toISOString() : null,
    isDeleted: isGone,
  };
}

function cacheJSON(figures: Omit<UsageModel["cache"], "models" | "unpricedTokens">): object {
  return {
    input: figures.inputTokens,
    cacheRead: figures.readTokens,
    cacheWrite: figures.writeTokens,
    hitRate: figures.hitRate ?? null,
    savedUSD: figures.savedUSD ?? null,
  };
}

function comparedJSON(one: ComparedSession): object {
  return {
    ...sessionJSON(one.session),
    own: sumJSON(one.own),
    tree: sumJSON(one.tree),
    subSessions: one.descendants,
    turns: one.turns,
    durationMs: one.durationMs ?? null,
    largestContextTokens: one.largestContext ?? null,
    cacheHitRate: one.hitRate ?? null,
    models: one.models,
    agents: one.agents,
  };
}

/** A file name for an export, without an extension. */
export function usageFileName(model: UsageModel, id: string): string {
  const day = new Date(model.nowMs).toISOString().slice(0, 10);
  return `opencode-${id === "usage" ? "usage" : `usage-${id.toLowerCase()}`}-${day}`;
}
