import type { Session } from "../../core/state/session.ts";
import { hasRunningTurn, type ServerState } from "../../core/state/state.ts";
import { leafTree } from "../../core/state/trees.ts";
import { totalTokens, totalUSD } from "../../core/usage/usage.ts";

/** `recent`, `cost` and `tokens` sort in descending order, `title` alphabetically. */
export const SORT_ORDERS = ["recent", "cost", "tokens", "title"] as const;
export type SortOrder = (typeof SORT_ORDERS)[number];

/**
 * When a session was last active, in ms, for ordering. A working session is placed by when it started
 * working, so that sessions streaming side by side don't swap places with every event.
 */
export function recencyMs(server: ServerState, session: Session): number {
  const live = server.live.get(session.id);
  if (live === undefined) return session.updatedMs;
  if (live.compaction !== undefined) return live.compaction.sinceMs;
  return hasRunningTurn(live.activity) ? live.activity.sinceMs : session.updatedMs;
}

/** The figure to sort a session by: tree totals for cost and tokens. */
function figureOf(
  server: ServerState,
  session: Session,
  sort: "recent" | "cost" | "tokens",
): number {
  if (sort === "recent") return recencyMs(server, session);
  const tree = server.trees.get(session.id) ?? leafTree(server, session.id);
  if (tree === undefined) return 0;
  return sort === "cost" ? totalUSD(tree.usage) : totalTokens(tree.usage.tokens);
}

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** Puts pinned sessions first; otherwise keeps the order. */
export function pinnedFirst<T extends Session>(
  sessions: readonly T[],
  pinned: ReadonlySet<string>,
): readonly T[] {
  if (pinned.size === 0 || !sessions.some(({ id }) => pinned.has(id))) return sessions;
  return [
    ...sessions.filter(({ id }) => pinned.has(id)),
    ...sessions.filter(({ id }) => !pinned.has(id)),
  ];
}

/**
 * Sorts sessions of one server. The order is total: ties are broken by creation time, newest first, then by
 * id. Fast on nearly sorted lists.
 */
export function sortSessions(
  server: ServerState,
  sessions: readonly Session[],
  sort: SortOrder,
): Session[] {
  if (sort === "title") {
    return [...sessions].sort((a, b) => collator.compare(a.title, b.title) || byAge(a, b));
  }
  const entries = sessions.map((session) => ({
    session,
    figure: figureOf(server, session, sort),
  }));
  entries.sort((a, b) => b.figure - a.figure || byAge(a.session, b.session));
  return entries.map(({ session }) => session);
}

function byAge(a: Session, b: Session): number {
  return b.createdMs - a.createdMs || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}
