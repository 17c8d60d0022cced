import { totalTokens, totalUSD } from "../usage/usage.ts";
import { compileQuery, matchesFilter, type LedgerQuery, type PriceTable } from "./ledgerQuery.ts";
import type { LedgerSum } from "./ledgerSum.ts";
import { viewLedger } from "./ledgerView.ts";
import { GroupedSums, pricesOf } from "./sumRows.ts";
import type { LedgerSession, LedgerTable } from "./table.ts";

/** A root session with its own cost and that of its whole tree. */
export interface ExpensiveSession {
  readonly session: LedgerSession;
  readonly own: LedgerSum;
  readonly tree: LedgerSum;
  /** Number of descendants with any row matching the query. */
  readonly descendants: number;
}

/** The root sessions with the most expensive trees, most expensive first; ties are sorted by tokens. */
export function expensiveSessions(
  table: LedgerTable,
  query: LedgerQuery,
  prices: PriceTable,
  most: number,
): ExpensiveSession[] {
  const view = viewLedger(table);
  const filter = compileQuery(view, query);
  const { sessions } = table;
  const own = new GroupedSums(sessions.length);
  const tree = new GroupedSums(sessions.length);
  const isUsed = new Uint8Array(sessions.length);
  const byModel = pricesOf(table, prices);
  for (let row = 0; row < table.length; row++) {
    if (!matchesFilter(filter, table, row)) continue;
    const session = table.session[row] ?? 0;
    const price = byModel[table.model[row] ?? 0];
    isUsed[session] = 1;
    own.add(session, view, row, price);
    tree.add(view.root[session] ?? session, view, row, price);
  }
  const descendants = new Uint32Array(sessions.length);
  const roots = new Set<number>();
  for (let session = 0; session < sessions.length; session++) {
    if (isUsed[session] !== 1) continue;
    const root = view.root[session] ?? session;
    roots.add(root);
    if (root !== session) descendants[root] = (descendants[root] ?? 0) + 1;
  }
  return [...roots]
    .map((root) => ({ root, sum: tree.sum(root) }))
    .sort(
      (a, b) =>
        totalUSD(b.sum.spent) - totalUSD(a.sum.spent) ||
        totalTokens(b.sum.spent.tokens) - totalTokens(a.sum.spent.tokens) ||
        a.root - b.root,
    )
    .slice(0, most)
    .flatMap(({ root, sum }) => {
      const session = sessions[root];
      if (session === undefined) return [];
      return [{ session, own: own.sum(root), tree: sum, descendants: descendants[root] ?? 0 }];
    });
}
