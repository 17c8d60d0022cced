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

let shown = US_DOLLARS;

/** The currency a person reads. US dollars until one is set, as it stays in the command line and for agents. */
export function shownCurrency(): Currency {
  return shown;
}

/** Sets the currency a person reads. What is drawn already stays as it is: draw it again. */
export function setShownCurrency(currency: Currency): void {
  shown = currency;
}
