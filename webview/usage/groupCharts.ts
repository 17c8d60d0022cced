import type { LedgerSum } from "../../src/core/ledger/ledgerSum.ts";
import { addUsage } from "../../src/core/usage.ts";
import { formatCount } from "../../src/viewModels/format.ts";
import {
  rangeLabel,
  type UsageDimension,
  type UsageDrill,
} from "../../src/viewModels/usageChoices.ts";
import type { UsageGroup } from "../../src/viewModels/usageGroups.ts";
import { dimensionTitle, type UsageTableID } from "../../src/viewModels/usageTables.ts";
import { amountOf } from "../../src/viewModels/usageTrend.ts";
import { createBarChart } from "./barChart.ts";
import { amountText, emptyReason, seriesLegend, sumSeries, sumText, tickText } from "./measures.ts";
import type { UsageChartDefinition, UsageFrame } from "./usageChart.ts";

/** More bars than this cannot be read; the others are one bar together. */
const MOST_BARS = 8;

/** Lying bars: usage by model, agent, project or server. */
export function groupChart(
  dimension: Exclude<UsageDimension, "origin">,
  id: UsageTableID,
): UsageChartDefinition {
  return {
    id,
    title: `By ${dimensionTitle(dimension).toLowerCase()}`,
    columns: 3,
    text: (frame) => {
      const groups = groupsOf(frame, dimension);
      const [first] = groups;
      const sums = groups.map(({ sum }) => sum);
      return {
        subtitle: rangeLabel(frame.model.choices.range),
        label: `Usage by ${dimensionTitle(dimension).toLowerCase()}, ${formatCount(groups.length)} in all${first === undefined ? "" : `, most by ${first.label}: ${sumText(first.sum, frame)}`}.`,
        empty: emptyReason(sums, frame),
      };
    },
    legend: (frame) =>
      seriesLegend(
        sumSeries(
          barsOf(frame, dimension).map(({ sum }) => sum),
          frame,
        ),
      ),
    create: (canvas, first) =>
      createBarChart(
        canvas,
        {
          isHorizontal: true,
          bars: (frame) =>
            barsOf(frame, dimension).map(({ label, sum, drill }) => ({
              label,
              title: label,
              footer: sumText(sum, frame),
              drill,
            })),
          series: (frame) =>
            sumSeries(
              barsOf(frame, dimension).map(({ sum }) => sum),
              frame,
            ),
          formatTick: tickText,
          formatValue: amountText,
        },
        first,
      ),
  };
}

/** A dimension's groups, in the order of the measure. */
export function groupsOf(frame: UsageFrame, dimension: UsageDimension): readonly UsageGroup[] {
  const { groups, choices } = frame.model;
  const found = groups.find((one) => one.dimension === dimension)?.groups ?? [];
  const amount = amountOf(choices.measure);
  const all = ({ sum }: UsageGroup): number => amount(sum.spent) + amount(sum.alsoSpent);
  return [...found].sort((a, b) => all(b) - all(a));
}

interface GroupBar {
  readonly label: string;
  readonly sum: LedgerSum;
  readonly drill: UsageDrill | undefined;
}

function barsOf(frame: UsageFrame, dimension: UsageDimension): readonly GroupBar[] {
  const groups = groupsOf(frame, dimension);
  if (groups.length <= MOST_BARS) return groups;
  const others = groups.slice(MOST_BARS - 1);
  const [first, ...rest] = others.map(({ sum }) => sum);
  if (first === undefined) return groups;
  return [
    ...groups.slice(0, MOST_BARS - 1),
    {
      label: `${formatCount(others.length)} others`,
      sum: rest.reduce(addSums, first),
      // The table lists them one by one.
      drill: undefined,
    },
  ];
}

function addSums(a: LedgerSum, b: LedgerSum): LedgerSum {
  return {
    messages: a.messages + b.messages,
    badMessages: a.badMessages + b.badMessages,
    spent: addUsage(a.spent, b.spent),
    copied: addUsage(a.copied, b.copied),
    alsoSpent: addUsage(a.alsoSpent, b.alsoSpent),
  };
}
