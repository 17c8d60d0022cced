import { ExactUSDSums } from "../usage/exactUSD.ts";
import { modelKey } from "../state/model.ts";
import type { ModelPrice, Usage } from "../usage/usage.ts";
import { matchesFilter, type PriceTable, type RowFilter } from "./ledgerQuery.ts";
import type { LedgerSum } from "./ledgerSum.ts";
import type { LedgerView } from "./ledgerView.ts";
import { type LedgerTable, ROW_BAD_FIGURES, ROW_GONE } from "./table.ts";

/** Each group has three sums: spent, copied, also spent. */
const KINDS = 3;
const SPENT = 0;
const COPIED = 1;
const ALSO_SPENT = 2;

type SummedView = Pick<LedgerView, "table" | "isCopy">;

/** Sums of rows per group; groups are numbered from 0. */
export class GroupedSums {
  readonly #messages: Float64Array;
  readonly #badMessages: Float64Array;
  readonly #input: Float64Array;
  readonly #output: Float64Array;
  readonly #reasoning: Float64Array;
  readonly #cacheRead: Float64Array;
  readonly #cacheWrite: Float64Array;
  readonly #unpricedTokens: Float64Array;
  readonly #recorded: ExactUSDSums;
  readonly #estimated: ExactUSDSums;

  constructor(groups: number) {
    this.#messages = new Float64Array(groups);
    this.#badMessages = new Float64Array(groups);
    const sums = groups * KINDS;
    this.#input = new Float64Array(sums);
    this.#output = new Float64Array(sums);
    this.#reasoning = new Float64Array(sums);
    this.#cacheRead = new Float64Array(sums);
    this.#cacheWrite = new Float64Array(sums);
    this.#unpricedTokens = new Float64Array(sums);
    this.#recorded = new ExactUSDSums(sums);
    this.#estimated = new ExactUSDSums(sums);
  }

  /** Adds one row to a group. `price` is that of the row's model, if known. */
  add(group: number, view: SummedView, row: number, price: ModelPrice | undefined): void {
    const { table } = view;
    const flags = table.flags[row] ?? 0;
    // A copy that is gone cost nothing itself.
    const kind =
      view.isCopy[row] === 1
        ? (flags & ROW_GONE) !== 0
          ? undefined
          : COPIED
        : (flags & ROW_GONE) !== 0
          ? ALSO_SPENT
          : SPENT;
    if (kind === undefined) return;
    const at = group * KINDS + kind;
    const input = table.input[row] ?? 0;
    const output = table.output[row] ?? 0;
    const reasoning = table.reasoning[row] ?? 0;
    const cacheRead = table.cacheRead[row] ?? 0;
    const cacheWrite = table.cacheWrite[row] ?? 0;
    this.#input[at] = (this.#input[at] ?? 0) + input;
    this.#output[at] = (this.#output[at] ?? 0) + output;
    this.#reasoning[at] = (this.#reasoning[at] ?? 0) + reasoning;
    this.#cacheRead[at] = (this.#cacheRead[at] ?? 0) + cacheRead;
    this.#cacheWrite[at] = (this.#cacheWrite[at] ?? 0) + cacheWrite;
    if (kind === SPENT) {
      this.#messages[group] = (this.#messages[group] ?? 0) + 1;
      if ((flags & ROW_BAD_FIGURES) !== 0) {
        this.#badMessages[group] = (this.#badMessages[group] ?? 0) + 1;
      }
    }
    const costUSD = table.costUSD[row] ?? 0;
    if (costUSD > 0) {
      this.#recorded.add(at, costUSD);
      return;
    }
    // The same three states as in `priceUsage`, without allocating an object per row.
    const total = input + output + reasoning + cacheRead + cacheWrite;
    if (total === 0) return;
    const estimatedUSD =
      price === undefined
        ? 0
        : (input * price.input +
            (output + reasoning) * price.output +
            cacheRead * price.cacheRead +
            cacheWrite * price.cacheWrite) /
          1e6;
    if (estimatedUSD > 0) this.#estimated.add(at, estimatedUSD);
    else this.#unpricedTokens[at] = (this.#unpricedTokens[at] ?? 0) + total;
  }

  /** The sum of one group. */
  sum(group: number): LedgerSum {
    return {
      messages: this.#messages[group] ?? 0,
      badMessages: this.#badMessages[group] ?? 0,
      spent: this.#usage(group * KINDS + SPENT),
      copied: this.#usage(group * KINDS + COPIED),
      alsoSpent: this.#usage(group * KINDS + ALSO_SPENT),
    };
  }

  /** Whether a group has no answers and no usage. */
  isEmpty(group: number): boolean {
    if ((this.#messages[group] ?? 0) > 0) return false;
    const { spent, copied, alsoSpent } = this.sum(group);
    return [spent, copied, alsoSpent].every(
      ({ tokens, recordedUSD }) =>
        recordedUSD === 0 &&
        tokens.input + tokens.output + tokens.reasoning + tokens.cache.read + tokens.cache.write ===
          0,
    );
  }

  #usage(at: number): Usage {
    return {
      tokens: {
        input: this.#input[at] ?? 0,
        output: this.#output[at] ?? 0,
        reasoning: this.#reasoning[at] ?? 0,
        cache: { read: this.#cacheRead[at] ?? 0, write: this.#cacheWrite[at] ?? 0 },
      },
      recordedUSD: this.#recorded.usd(at),
      estimatedUSD: this.#estimated.usd(at),
      unpricedTokens: this.#unpricedTokens[at] ?? 0,
    };
  }
}

/** Prices by index of the table's models. */
export function pricesOf(table: LedgerTable, prices: PriceTable): (ModelPrice | undefined)[] {
  return table.models.map((model) => prices.get(modelKey(model)));
}

/**
 * Sums the rows that pass the filter (all without one) in one pass. `groupOf` returns a row's group; rows with a
 * negative group are skipped.
 */
export function sumRows(
  view: SummedView,
  filter: RowFilter | undefined,
  prices: PriceTable,
  groups: number,
  groupOf: (row: number) => number,
): GroupedSums {
  const sums = new GroupedSums(groups);
  const { table } = view;
  const byModel = pricesOf(table, prices);
  for (let row = 0; row < table.length; row++) {
    if (filter !== undefined && !matchesFilter(filter, table, row)) continue;
    const group = groupOf(row);
    if (group >= 0) sums.add(group, view, row, byModel[table.model[row] ?? 0]);
  }
  return sums;
}
