/**
 * The currency shown to the user. Internally all amounts are US dollars; this only affects display, so converted
 * figures are never summed.
 */
export interface Currency {
  /** ISO 4217, three capital letters. */
  readonly code: string;
  /** Units of the currency for one US dollar; > 0. */
  readonly perUSD: number;
}

export const US_DOLLARS: Currency = { code: "USD", perUSD: 1 };

let shown = US_DOLLARS;

/** The currency shown to the user. US dollars until set; the command line and the agents never set it. */
export function shownCurrency(): Currency {
  return shown;
}

/** Sets the currency shown to the user. Callers must redraw what is already on screen. */
export function setShownCurrency(currency: Currency): void {
  shown = currency;
}
