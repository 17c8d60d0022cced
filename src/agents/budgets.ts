import type { BudgetUse } from "../core/budget.ts";
import type { PriceTable } from "../core/ledger/ledgerQuery.ts";
import { ok, type Result } from "../core/result.ts";
import type { ModelPrice } from "../core/usage.ts";
import type { ServerReading } from "./serverReading.ts";

/** Uses of budgets, and where the server's history lives as they name it. */
export interface BudgetUses {
  readonly uses: readonly BudgetUse[];
  readonly placeID: string | undefined;
}

/** The budgets and prices that a person set, for programs that have no settings of VS Code. */
export class Budgets {
  /** List prices: those of the server's catalogue. */
  prices({ state, endpoint }: ServerReading): PriceTable {
    const prices = new Map<string, ModelPrice>();
    for (const [key, { price }] of state.servers.get(endpoint.serverID)?.models ?? []) {
      if (price !== undefined) prices.set(key, price);
    }
    return prices;
  }

  ofTree(
    _reading: ServerReading,
    _rootID: string,
    _treeIDs: ReadonlySet<string>,
    _nowMs: number,
  ): Promise<Result<BudgetUses>> {
    return Promise.resolve(ok({ uses: [], placeID: undefined }));
  }
}
