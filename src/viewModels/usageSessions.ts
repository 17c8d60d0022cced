import { expensiveSessions } from "../core/ledger/expensiveSessions.ts";
import type { LedgerQuery, PriceTable } from "../core/ledger/ledgerQuery.ts";
import type { LedgerSum } from "../core/ledger/ledgerSum.ts";
import { type LedgerSession, type LedgerTable, projectKeyOf } from "../core/ledger/table.ts";
import { usageBy, usageOf } from "../core/ledger/usageBy.ts";
import { cleanTitle } from "./format.ts";
import { drillOf, drillQuery, type UsageDrill } from "./usageChoices.ts";
import type { UsageNames } from "./usageNames.ts";

/** A session as pages of usage name it. */
export interface UsageSession {
  readonly sessionID: string;
  readonly title: string;
  readonly project: string;
  readonly place: string;
  readonly createdMs: number;
  /** Whether a task started it. */
  readonly isChild: boolean;
  /** The server no longer has it. */
  readonly isGone: boolean;
  /** Whether a server in the tree has it now, so that it can be opened. */
  readonly canOpen: boolean;
}

/** A root session with what its whole tree cost. */
export interface ExpensiveTree {
  readonly session: UsageSession;
  readonly own: LedgerSum;
  readonly tree: LedgerSum;
  readonly descendants: number;
  readonly drill: UsageDrill;
}

/** The sessions behind a bar, a cell or a row. */
export interface DrilledSessions {
  readonly drill: UsageDrill;
  readonly sessions: readonly { readonly session: UsageSession; readonly sum: LedgerSum }[];
  /** Sessions beyond those listed; they are in the sum. */
  readonly hidden: number;
  readonly sum: LedgerSum;
}

export type SessionNamer = (session: LedgerSession) => UsageSession;

/** Most trees and sessions that are listed. */
export const MOST_TREES = 15;
export const MOST_DRILLED = 200;

export function sessionNamer(
  names: UsageNames,
  canOpen: (sessionID: string) => boolean,
): SessionNamer {
  return (session) => ({
    sessionID: session.id,
    title: cleanTitle(session.title, 200),
    project: names.label("project", projectKeyOf(session)),
    place: names.label("place", session.placeID),
    createdMs: session.createdMs,
    isChild: session.parentID !== undefined,
    isGone: session.isGone,
    canOpen: canOpen(session.id),
  });
}

/** The root sessions whose trees cost most. */
export function expensiveTrees(
  table: LedgerTable,
  query: LedgerQuery,
  prices: PriceTable,
  nameOf: SessionNamer,
): readonly ExpensiveTree[] {
  return expensiveSessions(table, query, prices, MOST_TREES).map(
    ({ session, own, tree, descendants }) => {
      const named = nameOf(session);
      const { fromMs, untilMs } = query;
      const drill = drillOf("expensive", named.title, { treeID: session.id, fromMs, untilMs });
      return { session: named, own, tree, descendants, drill };
    },
  );
}

/** The sessions behind a drill, the most expensive first. */
export function drilledSessions(
  table: LedgerTable,
  drill: UsageDrill,
  prices: PriceTable,
  nameOf: SessionNamer,
): DrilledSessions {
  const query = drillQuery(drill);
  const groups = usageBy(table, "session", query, prices);
  return {
    drill,
    sessions: groups.slice(0, MOST_DRILLED).flatMap(({ key, sum }) => {
      const index = table.sessionIndex(key);
      const session = index === undefined ? undefined : table.sessions[index];
      return session === undefined ? [] : [{ session: nameOf(session), sum }];
    }),
    hidden: Math.max(0, groups.length - MOST_DRILLED),
    sum: usageOf(table, query, prices),
  };
}
