import { type BudgetUse, isBudgetFor } from "./budget.ts";
import { type LedgerPlace, projectKeyOf } from "../ledger/table.ts";
import { rootOf } from "../state/lookup.ts";
import type { SessionRef } from "../state/session.ts";
import { hasRunningTurn, type State } from "../state/state.ts";

/**
 * The running sessions that use up a budget, parents before the sessions they started, because stopping one stops
 * most of what it waits for. A session waiting for an answer counts as running.
 */
export function runningSessions(
  state: State,
  { budget, treeID }: BudgetUse,
  placeOf: (serverID: string) => LedgerPlace | undefined,
): SessionRef[] {
  const found: { readonly ref: SessionRef; readonly depth: number }[] = [];
  for (const [serverID, server] of state.servers) {
    if (server.connection.kind !== "connected") continue;
    const placeID = placeOf(serverID)?.id ?? serverID;
    for (const [sessionID, { activity, compaction, requests }] of server.live) {
      if (!hasRunningTurn(activity) && compaction === undefined && requests.length === 0) continue;
      const session = server.sessions.get(sessionID);
      if (session === undefined) continue;
      const ref = { serverID, sessionID };
      if (treeID !== undefined && rootOf(state, ref).sessionID !== treeID) continue;
      if (!isBudgetFor(budget, { projectKey: projectKeyOf(session), placeID })) continue;
      found.push({ ref, depth: depthOf(server.sessions, sessionID) });
    }
  }
  return found.sort((a, b) => a.depth - b.depth).map(({ ref }) => ref);
}

function depthOf(
  sessions: ReadonlyMap<string, { readonly parentID: string | undefined }>,
  sessionID: string,
): number {
  let depth = 0;
  // The limit ends cycles in bad data.
  for (let at = sessions.get(sessionID)?.parentID; at !== undefined && depth < 100; depth++) {
    at = sessions.get(at)?.parentID;
  }
  return depth;
}
