import { formatCount, formatPercent, formatTokens, UNKNOWN } from "../../src/viewModels/format.ts";
import { byKind, kindLabel, TOKEN_KINDS } from "../../src/viewModels/tokenKinds.ts";
import { HIT_RATE_FORMULA, SAVINGS_FORMULA } from "../../src/viewModels/usageCache.ts";
import { rangeLabel } from "../../src/viewModels/usageChoices.ts";
import { formatMoney } from "../../src/viewModels/money.ts";
import { costText } from "../../src/viewModels/usageMoney.ts";
import { createBarChart } from "./barChart.ts";
import { amountText, emptyReason, seriesLegend, sumSeries, sumText, tickText } from "./measures.ts";
import type { UsageChartDefinition, UsageFrame } from "./usageChart.ts";

/** Bars that are drawn; the table has all. */
const MOST_BARS = 8;

/** Lying bars: the sessions whose trees cost most. */
export const expensiveChart: UsageChartDefinition = {
  id: "expensive",
  title: "Most expensive sessions",
  columns: 4,
  text: (frame) => {
    const { expensive, choices } = frame.model;
    const [first] = expensive;
    return {
      subtitle: `With all they started, ${rangeLabel(choices.range)}`,
      label: `The most expensive sessions with all they started${first === undefined ? "" : `, most by ${first.session.title}: ${sumText(first.tree, frame)}`}.`,
      empty: emptyReason(
        expensive.map(({ tree }) => tree),
        frame,
      ),
    };
  },
  legend: (frame) => seriesLegend(sumSeries(shownTrees(frame), frame)),
  create: (canvas, first) =>
    createBarChart(
      canvas,
      {
        isHorizontal: true,
        bars: (frame) =>
          frame.model.expensive
            .slice(0, MOST_BARS)
            .map(({ session, own, tree, descendants, drill }) => ({
              label: session.title,
              title: session.title,
              footer: [
                sumText(tree, frame),
                ...(descendants > 0
                  ? [
                      `own ${costText(own.spent, frame.model.currency)}, ${formatCount(descendants)} sub-session${descendants === 1 ? "" : "s"}`,
                    ]
                  : []),
              ].join("\n"),
              drill,
            })),
        series: (frame) => sumSeries(shownTrees(frame), frame),
        formatTick: tickText,
        formatValue: amountText,
      },
      first,
    ),
};

function shownTrees({ model }: UsageFrame) {
  return model.expensive.slice(0, MOST_BARS).map(({ tree }) => tree);
}

/** Lying bars: how the prompts of each model came to be. */
export const cacheChart: UsageChartDefinition = {
  id: "cache",
  title: "Cache efficiency",
  columns: 3,
  text: ({ model }) => {
    const { cache, currency, choices } = model;
    const rate = formatPercent(cache.hitRate === undefined ? undefined : cache.hitRate * 100);
    const saved = cache.savedUSD === undefined ? UNKNOWN : formatMoney(cache.savedUSD, currency);
    return {
      subtitle: `Hit rate ${rate} · saved ${saved}, ${rangeLabel(choices.range)}`,
      label: `Cache efficiency by model: hit rate ${rate}, saved ${saved} at list prices.`,
      empty: cache.models.length === 0 ? "No prompts in this time" : undefined,
    };
  },
  legend: (frame) => seriesLegend(cacheSeries(frame)),
  notes: ({ model }) => [
    HIT_RATE_FORMULA,
    SAVINGS_FORMULA,
    ...(model.cache.unpricedTokens > 0
      ? [
          `${formatTokens(model.cache.unpricedTokens)} cached tokens have no list price and are not in it`,
        ]
      : []),
  ],
  create: (canvas, first) =>
    createBarChart(
      canvas,
      {
        isHorizontal: true,
        bars: ({ model }) =>
          shownModels(model).map(({ label, hitRate, savedUSD, drill }) => ({
            label,
            title: label,
            footer: `hit rate ${formatPercent(hitRate === undefined ? undefined : hitRate * 100)} · saved ${savedUSD === undefined ? UNKNOWN : formatMoney(savedUSD, model.currency)}`,
            drill,
          })),
        series: cacheSeries,
        formatTick: formatTokens,
        formatValue: formatCount,
      },
      first,
    ),
};

function shownModels({ cache }: UsageFrame["model"]): UsageFrame["model"]["cache"]["models"] {
  const prompt = (one: UsageFrame["model"]["cache"]["models"][number]): number =>
    one.inputTokens + one.readTokens + one.writeTokens;
  return [...cache.models].sort((a, b) => prompt(b) - prompt(a)).slice(0, MOST_BARS);
}

function cacheSeries({ model, theme }: UsageFrame) {
  const models = shownModels(model);
  return [
    {
      label: kindLabel("input"),
      colour: theme.kinds.input,
      values: models.map(({ inputTokens }) => inputTokens),
    },
    {
      label: kindLabel("cacheWrite"),
      colour: theme.kinds.cacheWrite,
      values: models.map(({ writeTokens }) => writeTokens),
    },
    {
      label: kindLabel("cacheRead"),
      colour: theme.kinds.cacheRead,
      values: models.map(({ readTokens }) => readTokens),
    },
  ];
}

/** Grouped bars: two sessions side by side, kind by kind. */
export const comparisonChart: UsageChartDefinition = {
  id: "comparison",
  title: "Two sessions side by side",
  columns: 6,
  text: ({ model }) => {
    const { a, b } = model.compared;
    const say = (one: typeof a): string =>
      one === undefined
        ? "none chosen"
        : `${one.session.title} ${costText(one.tree.spent, model.currency)}`;
    return {
      subtitle: "Tokens by kind, with all they started",
      label: `Comparison of two sessions: ${say(a)}; ${say(b)}.`,
      empty: a === undefined && b === undefined ? "Choose two sessions to compare them" : undefined,
    };
  },
  legend: (frame) =>
    comparedSeries(frame).map(({ label, colour, cost }) => ({
      label,
      colour,
      mark: "box",
      value: cost,
    })),
  create: (canvas, first) =>
    createBarChart(
      canvas,
      {
        isHorizontal: false,
        isGrouped: true,
        bars: () =>
          TOKEN_KINDS.map((kind) => ({
            label: kindLabel(kind),
            title: kindLabel(kind),
            footer: "",
            drill: undefined,
          })),
        series: comparedSeries,
        formatTick: formatTokens,
        formatValue: formatCount,
      },
      first,
    ),
};

function comparedSeries({ model, theme }: UsageFrame) {
  const colours = [theme.accent, theme.kinds.cacheWrite];
  return [model.compared.a, model.compared.b].flatMap((one, at) =>
    one === undefined
      ? []
      : [
          {
            label: one.session.title,
            colour: colours[at] ?? theme.accent,
            cost: costText(one.tree.spent, model.currency),
            values: TOKEN_KINDS.map((kind) => byKind(one.tree.spent.tokens)[kind]),
          },
        ],
  );
}
