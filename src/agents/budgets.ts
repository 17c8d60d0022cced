import { readFile } from "node:fs/promises";
import type { BudgetUse } from "../core/usage/budget.ts";
import type { PriceTable } from "../core/ledger/ledgerQuery.ts";
import { bucketAt } from "../core/ledger/timeBuckets.ts";
import { budgetsOfTree, type BudgetInputs, budgetUses } from "../core/usage/setBudgets.ts";
import { INITIAL_STATE } from "../core/state/state.ts";
import type { ModelPrice } from "../core/usage/usage.ts";
import { parseUsageSettings, type UsageSettings } from "../core/usage/usageSettings.ts";
import { ownCalendar } from "./ownCalendar.ts";
import type { ServerReading } from "./serverReading.ts";
import type { UsageTable } from "./usageTable.ts";

type Settings = Pick<UsageSettings, "prices" | "budgets" | "budgetCounts">;

/** The user's budgets and prices, for programs without VS Code settings. */
export class Budgets {
  readonly #settings: Settings;

  private constructor(settings: Settings) {
    this.#settings = settings;
  }

  /**
   * Reads them from a JSON file `{budgets, prices, budgetCounts}`, each in the format of the extension's
   * settings `budgets.limits`, `usage.prices` and `budgets.counts`; without a file there are none. Unusable
   * values are noted and left out.
   */
  static async read(file: string | undefined, note: (message: string) => void): Promise<Budgets> {
    let given: Readonly<Record<string, unknown>> = {};
    if (file !== undefined) {
      try {
        const value: unknown = JSON.parse(await readFile(file, "utf8"));
        if (typeof value !== "object" || value === null) throw new Error("it is not an object");
        given = { ...value };
      } catch (error) {
        const reason = error instanceof Error ? error.message : "cannot be read";
        note(`${file}: no budgets loaded, ${reason}`);
      }
    }
    const { settings, problems } = parseUsageSettings({
      prices: given["prices"],
      budgets: given["budgets"],
      budgetCounts: given["budgetCounts"],
      currency: undefined,
      currencyRate: undefined,
      stopsAtBudget: undefined,
    });
    for (const { key, message } of problems) note(`${file ?? ""}: ${key} ${message}`);
    return new Budgets(settings);
  }

  /** List prices: the server's catalogue, overridden by the user's own. */
  prices(reading: ServerReading | undefined): PriceTable {
    const prices = new Map<string, ModelPrice>();
    const server = reading?.state.servers.get(reading.endpoint.serverID);
    for (const [key, { price }] of server?.models ?? []) {
      if (price !== undefined) prices.set(key, price);
    }
    return new Map([...prices, ...this.#settings.prices]);
  }

  /** The use of all budgets, by a table that was read. */
  usesIn(
    reading: ServerReading | undefined,
    read: UsageTable,
    nowMs: number,
  ): readonly BudgetUse[] {
    return budgetUses(this.#around(reading, read, nowMs)).uses;
  }

  /** How far back a history must reach to compute the use of budgets; undefined if there are none. */
  sinceMs(nowMs: number): number | undefined {
    if (this.#settings.budgets.length === 0) return undefined;
    // The longest period; a week may have begun in the previous month.
    const calendar = ownCalendar();
    return Math.min(
      bucketAt("month", nowMs, calendar).startMs,
      bucketAt("week", nowMs, calendar).startMs,
    );
  }

  /** The use of budgets for one tree of sessions, by a history that was read. */
  usesOfTree(
    reading: ServerReading,
    read: UsageTable,
    rootID: string,
    nowMs: number,
  ): readonly BudgetUse[] {
    const around = this.#around(reading, read, nowMs);
    const others = budgetUses(around).uses.filter(({ budget }) => budget.period !== "session");
    return [...others, ...budgetsOfTree(around, rootID)];
  }

  #around(
    reading: ServerReading | undefined,
    { table, place }: UsageTable,
    nowMs: number,
  ): BudgetInputs {
    return {
      table,
      prices: this.prices(reading),
      calendar: ownCalendar(),
      nowMs,
      state: reading?.state ?? INITIAL_STATE,
      placeOf: (serverID) => (serverID === reading?.endpoint.serverID ? place : undefined),
      settings: this.#settings,
    };
  }
}
