import { modelKey } from "../state/model.ts";
import { totalTokens, totalUSD } from "../usage/usage.ts";
import { compileQuery, type LedgerQuery, type PriceTable } from "./ledgerQuery.ts";
import type { LedgerSum } from "./ledgerSum.ts";
import { type LedgerView, viewLedger } from "./ledgerView.ts";
import { sumRows } from "./sumRows.ts";
import { type LedgerTable, projectKeyOf } from "./table.ts";

/** What a sum is grouped by. `origin`: `root` for top-level sessions, `child` for those started by a task. */
export type LedgerDimension =
  "model" | "agent" | "project" | "place" | "origin" | "session" | "tree";

/** One group: its key, as used in `LedgerQuery`, and its sum. */
export interface LedgerGroup {
  readonly key: string;
  readonly sum: LedgerSum;
}

/** Maps each row to a group number, and group numbers to keys. */
export interface Grouping {
  readonly keys: readonly string[];
  readonly groupOf: (row: number) => number;
}

/** Sum of all rows matching a query. */
export function usageOf(table: LedgerTable, query: LedgerQuery, prices: PriceTable): LedgerSum {
  const view = viewLedger(table);
  return sumRows(view, compileQuery(view, query), prices, 1, () => 0).sum(0);
}

/**
 * Groups the rows matching a query by one dimension: most expensive group first, groups of equal cost by tokens.
 * Empty groups are omitted.
 */
export function usageBy(
  table: LedgerTable,
  dimension: LedgerDimension,
  query: LedgerQuery,
  prices: PriceTable,
): LedgerGroup[] {
  const view = viewLedger(table);
  const { keys, groupOf } = groupingOf(view, dimension);
  const sums = sumRows(view, compileQuery(view, query), prices, keys.length, groupOf);
  return keys
    .flatMap((key, group) => (sums.isEmpty(group) ? [] : [{ key, sum: sums.sum(group) }]))
    .sort(byCost);
}

function byCost(a: LedgerGroup, b: LedgerGroup): number {
  return (
    totalUSD(b.sum.spent) - totalUSD(a.sum.spent) ||
    totalTokens(b.sum.spent.tokens) - totalTokens(a.sum.spent.tokens) ||
    (a.key < b.key ? -1 : 1)
  );
}

/** How a dimension groups the rows. */
export function groupingOf(view: LedgerView, dimension: LedgerDimension): Grouping {
  const { table, root, parent } = view;
  const bySession = (groups: Uint32Array, keys: readonly string[]): Grouping => ({
    keys,
    groupOf: (row) => groups[table.session[row] ?? 0] ?? 0,
  });
  switch (dimension) {
    case "model":
      return { keys: table.models.map(modelKey), groupOf: (row) => table.model[row] ?? 0 };
    case "agent":
      return { keys: table.agents, groupOf: (row) => table.agent[row] ?? 0 };
    case "session": {
      const { groups, keys } = numbered(table.sessions.map(({ id }) => id));
      return bySession(groups, keys);
    }
    case "tree": {
      const { groups, keys } = numbered(
        Array.from(root, (session) => table.sessions[session]?.id ?? ""),
      );
      return bySession(groups, keys);
    }
    case "origin":
      return bySession(
        Uint32Array.from(parent, (above) => (above < 0 ? 0 : 1)),
        ["root", "child"],
      );
    case "project": {
      const { groups, keys } = numbered(table.sessions.map(projectKeyOf));
      return bySession(groups, keys);
    }
    case "place": {
      const { groups, keys } = numbered(table.sessions.map((session) => session.placeID));
      return bySession(groups, keys);
    }
  }
}

function numbered(names: readonly string[]): { groups: Uint32Array; keys: string[] } {
  const numbers = new Map<string, number>();
  const groups = Uint32Array.from(names, (name) => {
    const known = numbers.get(name);
    if (known !== undefined) return known;
    numbers.set(name, numbers.size);
    return numbers.size - 1;
  });
  return { groups, keys: [...numbers.keys()] };
}
