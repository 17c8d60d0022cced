import { totalTokens, totalUSD } from "../core/usage.ts";
import { budgetAmount, budgetUsed } from "./budgetText.ts";
import { formatCount, formatPercent, UNKNOWN } from "./format.ts";
import { CONTEXT_KINDS, contextKindLabel } from "./sessionComposition.ts";
import type { UsageModel } from "./usage.ts";
import {
  costCells,
  count,
  exact,
  figure,
  name,
  onlyInFile,
  percent,
  SUM_COLUMNS,
  sumCells,
  type UsageCell,
  type UsageRow,
  type UsageTable,
  word,
} from "./usageCells.ts";
import { rangeLabel, type UsageDimension } from "./usageChoices.ts";
import { groupsChart } from "./usageGroups.ts";
import { formatMoney } from "./money.ts";
import { comparisonTable, expensiveTable, sessionsTable } from "./usageSessionTables.ts";

/** Ids of all cards that have a table. */
export const USAGE_TABLE_IDS = [
  "trend",
  "byModel",
  "byAgent",
  "byProject",
  "byPlace",
  "byOrigin",
  "calendar",
  "expensive",
  "cache",
  "composition",
  "comparison",
  "budgets",
  "sessions",
] as const;

export type UsageTableID = (typeof USAGE_TABLE_IDS)[number];

const DIMENSION_TITLES: Readonly<Record<UsageDimension, string>> = {
  model: "Model",
  agent: "Agent",
  project: "Project",
  place: "Server",
  origin: "Started by",
};

export function dimensionTitle(dimension: UsageDimension): string {
  return DIMENSION_TITLES[dimension];
}

/** The figures of one card of a page as a table. */
export function usageTable(model: UsageModel, id: UsageTableID): UsageTable {
  switch (id) {
    case "trend":
      return trendTable(model);
    case "byModel":
    case "byAgent":
    case "byProject":
    case "byPlace":
    case "byOrigin":
      return groupTable(model, id);
    case "calendar":
      return calendarTable(model);
    case "expensive":
      return expensiveTable(model);
    case "cache":
      return cacheTable(model);
    case "composition":
      return compositionTable(model);
    case "comparison":
      return comparisonTable(model);
    case "budgets":
      return budgetTable(model);
    case "sessions":
      return sessionsTable(model);
  }
}

function rangeSum(model: UsageModel): UsageRow["cells"] {
  const period = model.periods.find(({ range }) => range === model.choices.range);
  return period === undefined ? [] : sumCells(period.sum, model.currency);
}

function trendTable(model: UsageModel): UsageTable {
  const { trend, currency, choices } = model;
  const rows: UsageRow[] = trend.buckets.map((bucket) => ({
    cells: [{ text: bucket.title, value: bucket.name }, ...sumCells(bucket.sum, currency)],
    drill: bucket.drill,
  }));
  const { undated } = trend;
  if (undated.messages > 0) {
    rows.push({ cells: [word("No possible time told"), ...sumCells(undated, currency)] });
  }
  return {
    id: "trend",
    title: `Usage by ${trend.unit}, ${rangeLabel(choices.range)}`,
    columns: [name("Time", trend.unit), ...SUM_COLUMNS],
    rows: rows.reverse(),
    sum: { cells: [word("All"), ...rangeSum(model)] },
  };
}

function groupTable(model: UsageModel, id: UsageTableID): UsageTable {
  const found = model.groups.find(({ dimension }) => groupsChart(dimension) === id);
  const dimension = found?.dimension ?? "model";
  const title = DIMENSION_TITLES[dimension];
  return {
    id,
    title: `Usage by ${title.toLowerCase()}, ${rangeLabel(model.choices.range)}`,
    columns: [name(title, dimension), onlyInFile("key"), ...SUM_COLUMNS],
    rows: (found?.groups ?? []).map((group) => ({
      cells: [
        { text: group.label, value: group.label, hint: group.hint },
        word(group.key),
        ...sumCells(group.sum, model.currency),
      ],
      drill: group.drill,
    })),
    sum: { cells: [word("All"), word(""), ...rangeSum(model)] },
  };
}

function calendarTable(model: UsageModel): UsageTable {
  return {
    id: "calendar",
    title: "Usage by day, last 53 weeks",
    columns: [
      name("Day", "day"),
      figure("Answers", "answers"),
      figure("Tokens", "total"),
      figure("Cost", "cost_usd"),
      ...["cost_state", "recorded_usd", "estimated_usd", "unpriced_tokens"].map(onlyInFile),
    ],
    rows: model.heat.days
      .filter(({ usage }) => totalTokens(usage.tokens) > 0 || totalUSD(usage) > 0)
      .map((day) => ({
        cells: [
          { text: day.title, value: day.name },
          count(day.messages),
          count(totalTokens(day.usage.tokens)),
          ...costCells(day.usage, model.currency),
        ],
        drill: day.drill,
      }))
      .reverse(),
    sum: undefined,
  };
}

function cacheTable({ cache, currency, choices }: UsageModel): UsageTable {
  const cells = (figures: UsageModel["cache"]["models"][number] | UsageModel["cache"]) => [
    count(figures.inputTokens),
    count(figures.readTokens),
    count(figures.writeTokens),
    {
      text: formatPercent(figures.hitRate === undefined ? undefined : figures.hitRate * 100),
      value: figures.hitRate,
    },
    {
      text: figures.savedUSD === undefined ? UNKNOWN : formatMoney(figures.savedUSD, currency),
      value: figures.savedUSD,
    },
  ];
  return {
    id: "cache",
    title: `Cache efficiency, ${rangeLabel(choices.range)}`,
    columns: [
      name("Model", "model"),
      figure("Input", "input"),
      figure("Cache read", "cache_read"),
      figure("Cache write", "cache_write"),
      figure("Hit rate", "hit_rate"),
      figure("Saved", "saved_usd", "At list prices"),
    ],
    rows: cache.models.map((one) => ({
      cells: [word(one.label), ...cells(one)],
      drill: one.drill,
    })),
    sum: { cells: [word("All"), ...cells(cache)] },
  };
}

function compositionTable({ composition }: UsageModel): UsageTable {
  const context = composition?.context;
  const tokens = context?.tokens;
  const sum = tokens === undefined ? 0 : CONTEXT_KINDS.reduce((all, kind) => all + tokens[kind], 0);
  return {
    id: "composition",
    title: `Context of ${composition?.session.title ?? ""} (estimate)`,
    columns: [
      name("Kind", "kind"),
      figure("Tokens (estimate)", "tokens_estimate"),
      figure("Share", "share_percent"),
    ],
    rows:
      tokens === undefined
        ? []
        : CONTEXT_KINDS.map((kind) => ({
            cells: [
              word(contextKindLabel(kind)),
              { text: `~${formatCount(tokens[kind])}`, value: tokens[kind] },
              percent(sum === 0 ? undefined : (tokens[kind] / sum) * 100),
            ],
          })),
    sum:
      context === undefined
        ? undefined
        : { cells: [word("All"), count(sum), percent(sum === 0 ? undefined : 100)] },
  };
}

function budgetTable({ budgets, currency }: UsageModel): UsageTable {
  return {
    id: "budgets",
    title: "Budgets",
    columns: [
      name("Budget", "budget"),
      figure("Used", "used"),
      figure("Limit", "limit"),
      onlyInFile("unit"),
      figure("Percent", "percent"),
      figure("Beyond the limit", "overshoot"),
      onlyInFile("estimated_usd"),
      onlyInFile("unpriced_tokens"),
    ],
    rows: budgets.map((budget) => {
      const amount = (value: number): UsageCell => ({
        text: budgetAmount(value, budget.unit, currency),
        value,
      });
      return {
        cells: [
          word(budget.title),
          { ...amount(budget.used), text: budgetUsed(budget, budget.unit, currency) },
          amount(budget.limit),
          word(budget.unit),
          percent(budget.percent),
          budget.overshoot > 0 ? amount(budget.overshoot) : { text: "", value: 0 },
          exact(budget.estimated),
          count(budget.unpricedTokens),
        ],
        drill: budget.drill,
      };
    }),
    sum: undefined,
  };
}
