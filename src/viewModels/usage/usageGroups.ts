import { t } from "../../core/language.ts";
import type { LedgerQuery, PriceTable } from "../../core/ledger/ledgerQuery.ts";
import type { LedgerSum } from "../../core/ledger/ledgerSum.ts";
import type { LedgerTable } from "../../core/ledger/table.ts";
import { usageBy } from "../../core/ledger/usageBy.ts";
import { amountText } from "../cards/amounts.ts";
import type { Card, RingPart } from "../cards/card.ts";
import { exact, onlyInFile, sumCells, sumColumns, text, words } from "../cards/table.ts";
import { formatCount, formatPercent } from "../text/format.ts";
import { groupDrill, rangeLabel, type UsageDimension, type UsageDrill } from "./usageChoices.ts";
import {
  addSums,
  amountOf,
  type CardContext,
  drillRequest,
  emptyReason,
  sumBars,
  sumJSON,
  sumText,
  unitOf,
} from "./usageMeasures.ts";
import type { UsageNames } from "./usageNames.ts";

export interface UsageGroup {
  readonly key: string;
  readonly label: string;
  /** Details beyond the label, for a hover. */
  readonly hint: string;
  readonly sum: LedgerSum;
  readonly drill: UsageDrill;
}

/** Usage by a dimension, the most expensive group first; the groups add up to everything. */
export interface UsageGroups {
  readonly dimension: UsageDimension;
  readonly groups: readonly UsageGroup[];
}

/** Id of the card that shows a dimension. */
export function groupsChart(dimension: UsageDimension): string {
  return `by${dimension.charAt(0).toUpperCase()}${dimension.slice(1)}`;
}

export function usageGroups(
  table: LedgerTable,
  query: LedgerQuery,
  prices: PriceTable,
  names: UsageNames,
  dimensions: readonly UsageDimension[],
): readonly UsageGroups[] {
  return dimensions.map((dimension) => ({
    dimension,
    groups: usageBy(table, dimension, query, prices).map(({ key, sum }) => {
      const label = names.label(dimension, key);
      const drill = groupDrill(groupsChart(dimension), label, dimension, key, query);
      return { key, label, hint: names.hint(dimension, key), sum, drill };
    }),
  }));
}

const TITLES: Readonly<Record<UsageDimension, string>> = {
  model: t("Model"),
  agent: t("Agent"),
  project: t("Project"),
  place: t("Server"),
  origin: t("Started by"),
};

/** More bars than this are unreadable; the other groups share one bar. */
const MOST_BARS = 8;

/** Horizontal bars of a dimension's groups; a ring for `origin`. */
export function groupCard({ dimension, groups }: UsageGroups, context: CardContext): Card {
  const { choices, currency, rangeSum } = context;
  const name = TITLES[dimension].toLowerCase();
  const amount = amountOf(choices.measure);
  const all = ({ sum }: UsageGroup): number => amount(sum.spent) + amount(sum.alsoSpent);
  const sorted = [...groups].sort((a, b) => all(b) - all(a));
  const [first] = sorted;
  const common = {
    id: groupsChart(dimension),
    subtitle: rangeLabel(choices.range),
    empty: emptyReason(
      groups.map(({ sum }) => sum),
      context,
    ),
    table: {
      title: t`Usage by ${name}, ${rangeLabel(choices.range)}`,
      columns: [words(TITLES[dimension], dimension), ...onlyInFile("key"), ...sumColumns()],
      rows: groups.map(({ key, label, hint, sum, drill }) => ({
        cells: [
          { text: label, value: label, hint, ask: drillRequest(drill, context) },
          exact(key),
          ...sumCells(sum, currency),
        ],
      })),
      sum: { cells: [text(t("All")), text(""), ...sumCells(rangeSum, currency)] },
    },
  };
  if (dimension === "origin") {
    // Always in the same order, so that colours keep their meaning.
    const parts = ringParts(
      [...groups]
        .sort((a, b) => (a.key > b.key ? -1 : 1))
        .map((group) => ({
          label: group.label,
          colour: group.key === "child" ? ("reasoning" as const) : ("accent" as const),
          value: all(group),
          ask: drillRequest(group.drill, context),
        })),
      (value) => amountText(value, unitOf(context)),
    );
    const child = groups.find(({ key }) => key === "child");
    const whole = groups.reduce((sum, group) => sum + all(group), 0);
    const share = child === undefined || whole === 0 ? 0 : (all(child) / whole) * 100;
    return {
      ...common,
      title: t("Sub-session share"),
      columns: 2,
      label: t`Share of the sub-sessions: ${parts.map((part) => `${part.label} ${part.text}`).join(", ")}.`,
      drawing: { kind: "ring", parts, middle: [formatPercent(share), t("by sub-sessions")] },
    };
  }
  return {
    ...common,
    title: t`By ${name}`,
    columns: 3,
    label: t`Usage by ${name}, ${formatCount(groups.length)} in all${first === undefined ? "" : t`, most by ${first.label}: ${sumText(first.sum, currency)}`}.`,
    drawing: sumBars(mostBars(sorted), context),
  };
}

/** The largest groups, and the others as one bar; the table lists all of them. */
function mostBars(
  groups: readonly UsageGroup[],
): readonly (Pick<UsageGroup, "label" | "sum"> & { readonly drill: UsageDrill | undefined })[] {
  const [next, ...others] = groups.slice(MOST_BARS - 1);
  if (next === undefined || others.length === 0) return groups;
  return [
    ...groups.slice(0, MOST_BARS - 1),
    {
      label: t`${formatCount(others.length + 1)} others`,
      sum: others.reduce((sum, group) => addSums(sum, group.sum), next.sum),
      drill: undefined,
    },
  ];
}

/** The parts of a ring with their values and shares as text. */
export function ringParts(
  parts: readonly Omit<RingPart, "text">[],
  format: (value: number) => string,
): readonly RingPart[] {
  const whole = parts.reduce((sum, { value }) => sum + value, 0);
  return parts.map((part) => {
    const share = formatPercent(whole === 0 ? 0 : (part.value / whole) * 100);
    return { ...part, text: `${format(part.value)} · ${share}` };
  });
}

export function groupsJSON(dimensions: readonly UsageGroups[]): object {
  return Object.fromEntries(
    dimensions.map(({ dimension, groups }) => [
      dimension === "place" ? "server" : dimension,
      groups.map(({ key, label, sum }) => ({ key, name: label, ...sumJSON(sum) })),
    ]),
  );
}
