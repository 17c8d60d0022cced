import type { Currency } from "../../core/usage/currency.ts";
import { costState, totalUSD, type Usage } from "../../core/usage/usage.ts";
import { formatMoney } from "../text/money.ts";

/** Cost of a usage in the money a person reads, marked with the trust it deserves. */
export function costText(usage: Usage, currency: Currency): string {
  return formatMoney(totalUSD(usage), currency, costState(usage));
}
