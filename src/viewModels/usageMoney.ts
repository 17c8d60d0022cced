import { type Currency, US_DOLLARS } from "../core/currency.ts";
import { costState, totalUSD, type Usage } from "../core/usage.ts";
import { formatMoney } from "./money.ts";

/** Cost of a usage in the money a person reads, marked with the trust it deserves. */
export function costText(usage: Usage, currency: Currency = US_DOLLARS): string {
  return formatMoney(totalUSD(usage), currency, costState(usage));
}
