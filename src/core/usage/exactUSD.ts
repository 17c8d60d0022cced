/**
 * Sums of money without floating-point drift. Amounts are counted in whole dollars plus whole picodollars
 * (1e-12 USD), so that both counts stay within the integers a double holds exactly. A recorded cost is
 * tokens x price / 1e6, so with list prices of up to six decimals it is a whole number of picodollars, and up
 * to 4,096 dollars the double it arrives in rounds back to exactly that number: the sum equals the decimal sum
 * computed on paper.
 */

/** Picodollars in a dollar. */
export const PICODOLLARS = 1e12;

/** Whole dollars are carried over at this many picodollars; far below 2^53. */
const CARRY_AT = 1e15;

/** The whole dollars of an amount >= 0; anything else counts as 0. */
function wholeUSD(usd: number): number {
  return usd >= 1 && usd < Number.MAX_SAFE_INTEGER ? Math.floor(usd) : 0;
}

function picodollarsOf(usd: number, whole: number): number {
  // `usd - whole` is exact: both doubles are of similar magnitude.
  const rest = usd - whole;
  return rest > 0 && rest < 1 ? Math.round(rest * PICODOLLARS) : 0;
}

/** Many `ExactUSD` sums in two arrays, for sums over hundreds of thousands of rows. */
export class ExactUSDSums {
  readonly #dollars: Float64Array;
  readonly #picodollars: Float64Array;

  constructor(sums: number) {
    this.#dollars = new Float64Array(sums);
    this.#picodollars = new Float64Array(sums);
  }

  /** Adds an amount to one sum, as `ExactUSD.add` does. */
  add(sum: number, usd: number): void {
    const whole = wholeUSD(usd);
    if (whole > 0) this.#dollars[sum] = (this.#dollars[sum] ?? 0) + whole;
    const pico = (this.#picodollars[sum] ?? 0) + picodollarsOf(usd, whole);
    this.#picodollars[sum] = pico;
    if (pico >= CARRY_AT) this.#carry(sum);
  }

  /** One sum as a double, correct to the last digit. */
  usd(sum: number): number {
    this.#carry(sum);
    return (this.#dollars[sum] ?? 0) + (this.#picodollars[sum] ?? 0) / PICODOLLARS;
  }

  #carry(sum: number): void {
    const pico = this.#picodollars[sum] ?? 0;
    const whole = Math.floor(pico / PICODOLLARS);
    this.#dollars[sum] = (this.#dollars[sum] ?? 0) + whole;
    this.#picodollars[sum] = pico - whole * PICODOLLARS;
  }
}

/** A running sum of US dollar amounts; exact for any order and number of additions. */
export class ExactUSD {
  readonly #sums = new ExactUSDSums(1);

  /** Adds an amount >= 0; negative, infinite and undefined (NaN) amounts add nothing. */
  add(usd: number): this {
    this.#sums.add(0, usd);
    return this;
  }

  /** The sum as a double, correct to the last digit. */
  get usd(): number {
    return this.#sums.usd(0);
  }
}
