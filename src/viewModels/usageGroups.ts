import type { LedgerQuery, PriceTable } from "../core/ledger/ledgerQuery.ts";
import type { LedgerSum } from "../core/ledger/ledgerSum.ts";
import type { LedgerTable } from "../core/ledger/table.ts";
import { usageBy } from "../core/ledger/usageBy.ts";
import { groupDrill, type UsageDimension, type UsageDrill } from "./usageChoices.ts";
import type { UsageNames } from "./usageNames.ts";

/** One group of a dimension: a model, an agent, … */
export interface UsageGroup {
  readonly key: string;
  readonly label: string;
  /** More than the label, for a hover. */
  readonly hint: string;
  readonly sum: LedgerSum;
  readonly drill: UsageDrill;
}

/** Usage taken apart by a dimension, the most expensive group first; the groups' sums are all there is. */
export interface UsageGroups {
  readonly dimension: UsageDimension;
  readonly groups: readonly UsageGroup[];
}

/** Id of the card that shows a dimension. */
export function groupsChart(dimension: UsageDimension): string {
  return `by${dimension.charAt(0).toUpperCase()}${dimension.slice(1)}`;
}

/** Usage by some dimensions. */
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
