import { sameCosts, sessionCosts } from "../core/ledger/sessionCosts.ts";
import type { ServerAction } from "../core/state/actions.ts";
import type { State } from "../core/state/state.ts";
import type { Usage } from "../core/usage/usage.ts";
import type { UsageSnapshot, UsageSource } from "../core/usage/usageSource.ts";

export interface CostFeedOptions {
  readonly usage: Pick<UsageSource, "placeOf" | "onDidChange"> & {
    current(): Pick<UsageSnapshot, "table" | "prices">;
  };
  readonly getState: () => State;
  readonly dispatch: (action: ServerAction) => void;
}

/** All rows are looked at: not with every change of a busy minute. */
export const LEAST_PAUSE_MS = 2_000;

/**
 * Tells the state of the servers what the ledger knows of sessions with answers whose cost was not recorded, and its
 * prices, so that a cost has one state wherever it is shown. Gives a function that ends it.
 */
export function feedCosts({ usage, getState, dispatch }: CostFeedOptions): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let seen:
    { readonly table: object; readonly revision: number; readonly prices: object } | undefined;
  /** By place, of what was seen last. */
  const made = new Map<string, ReadonlyMap<string, Usage>>();
  const tell = (): void => {
    timer = undefined;
    const { table, prices } = usage.current();
    const { revision } = table;
    if (seen?.table !== table || seen.revision !== revision || seen.prices !== prices) made.clear();
    seen = { table, revision, prices };
    for (const server of getState().servers.values()) {
      const { serverID } = server.endpoint;
      const place = usage.placeOf(serverID);
      if (place === undefined) continue;
      const costs = made.get(place.id) ?? sessionCosts(table, place.id, prices);
      made.set(place.id, costs);
      if (sameCosts(costs, server.costs) && server.prices === prices) continue;
      dispatch({ type: "costs.known", serverID, costs, prices });
    }
  };
  const stop = usage.onDidChange(() => {
    timer ??= setTimeout(tell, LEAST_PAUSE_MS);
  });
  timer = setTimeout(tell, 0);
  return () => {
    stop();
    clearTimeout(timer);
  };
}
