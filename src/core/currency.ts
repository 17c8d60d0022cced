/**
 * The money a person reads. Amounts are US dollars everywhere inside; this is only how they are shown, so that
 * no sum is ever made of converted figures.
 */
export interface Currency {
  /** ISO 4217, three capital letters. */
  readonly code: string;
  /** Units of the currency for one US dollar; > 0. */
  readonly perUSD: number;
}

export const US_DOLLARS: Currency = { code: "USD", perUSD: 1 };
