import type { Currency } from "../../core/usage/currency.ts";
import { costState, totalUSD, type Usage } from "../../core/usage/usage.ts";
import { formatMoney } from "../text/money.ts";

/** Cost of a usage in the given currency, marked by cost state. */
export function costText(usage: Usage, currency: Currency): string {
  return formatMoney(totalUSD(usage), currency, costState(usage));
}
