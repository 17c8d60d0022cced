import { cacheHitRate } from "../core/ledger/cacheEfficiency.ts";
import { compileQuery, isWanted, type PriceTable } from "../core/ledger/ledgerQuery.ts";
import type { LedgerSum } from "../core/ledger/ledgerSum.ts";
import { viewLedger } from "../core/ledger/ledgerView.ts";
import { sessionTurns } from "../core/ledger/sessionTurns.ts";
import type { LedgerTable } from "../core/ledger/table.ts";
import { usageBy, usageOf } from "../core/ledger/usageBy.ts";
import { addTokens } from "../core/usage.ts";
import type { SessionNamer, UsageSession } from "./usageSessions.ts";
import type { UsageNames } from "./usageNames.ts";

/** One of two sessions that are compared: its figures over all time, with all it started. */
export interface ComparedSession {
  readonly session: UsageSession;
  readonly own: LedgerSum;
  readonly tree: LedgerSum;
  readonly descendants: number;
  /** Turns of the session itself. */
  readonly turns: number;
  /** From the first answer of the tree to the beginning of the last one. */
  readonly durationMs: number | undefined;
  /** The largest context it had. */
  readonly largestContext: number | undefined;
  readonly hitRate: number | undefined;
  readonly models: readonly string[];
  readonly agents: readonly string[];
}

/** The figures of one session for a comparison; undefined when the ledger does not know it. */
export function comparedSession(
  table: LedgerTable,
  sessionID: string,
  prices: PriceTable,
  names: UsageNames,
  nameOf: SessionNamer,
): ComparedSession | undefined {
  const index = table.sessionIndex(sessionID);
  const session = index === undefined ? undefined : table.sessions[index];
  if (session === undefined) return undefined;
  const members = descendantIDs(table, sessionID);
  const query = { sessionIDs: members };
  const tree = usageOf(table, query, prices);
  const turns = sessionTurns(table, sessionID);
  const contexts = turns.flatMap(({ contextTokens }) => contextTokens ?? []);
  const keys = (dimension: "model" | "agent"): readonly string[] =>
    usageBy(table, dimension, query, prices).map(({ key }) => names.label(dimension, key));
  return {
    session: nameOf(session),
    own: usageOf(table, { sessionIDs: new Set([sessionID]) }, prices),
    tree,
    descendants: members.size - 1,
    turns: turns.length,
    durationMs: durationOf(table, members),
    largestContext: contexts.length === 0 ? undefined : Math.max(...contexts),
    hitRate: cacheHitRate(addTokens(tree.spent.tokens, tree.alsoSpent.tokens)),
    models: keys("model"),
    agents: keys("agent"),
  };
}

/** A session and all below it; a cycle in bad data ends where it began. */
function descendantIDs(table: LedgerTable, sessionID: string): ReadonlySet<string> {
  const children = new Map<string, string[]>();
  for (const { id, parentID } of table.sessions) {
    if (parentID === undefined) continue;
    const known = children.get(parentID);
    if (known === undefined) children.set(parentID, [id]);
    else known.push(id);
  }
  const found = new Set([sessionID]);
  for (const id of found) for (const child of children.get(id) ?? []) found.add(child);
  return found;
}

function durationOf(table: LedgerTable, sessionIDs: ReadonlySet<string>): number | undefined {
  const view = viewLedger(table);
  const filter = compileQuery(view, { sessionIDs });
  let first = Infinity;
  let last = -Infinity;
  for (let row = 0; row < table.length; row++) {
    const createdMs = table.createdMs[row] ?? 0;
    if (createdMs <= 0 || view.isCopy[row] === 1 || !isWanted(filter, table, row)) continue;
    if (createdMs < first) first = createdMs;
    if (createdMs > last) last = createdMs;
  }
  return last >= first ? last - first : undefined;
}
