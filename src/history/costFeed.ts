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

/** Each pass goes through all rows, so it doesn't run on every change of a busy minute. */
export const MIN_PAUSE_MS = 2_000;

/**
 * Dispatches what the ledger knows about sessions with answers of unrecorded cost, and its prices, to the
 * servers' state, so that a cost looks the same wherever it is shown. Returns a function that stops it.
 */
export function feedCosts({ usage, getState, dispatch }: CostFeedOptions): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let seen:
    { readonly table: object; readonly revision: number; readonly prices: object } | undefined;
  /** By place, as last seen. */
  const made = new Map<string, ReadonlyMap<string, Usage>>();
  const update = (): void => {
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
    timer ??= setTimeout(update, MIN_PAUSE_MS);
  });
  timer = setTimeout(update, 0);
  return () => {
    stop();
    clearTimeout(timer);
  };
}
