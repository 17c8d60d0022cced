import { formatCount, formatTokens } from "../text/format.ts";
import { formatMoney } from "../text/money.ts";
import type { Unit } from "./card.ts";

/** An amount in its unit, in full. */
export function amountText(value: number, unit: Unit): string {
  return unit === "tokens" ? formatCount(value) : formatMoney(value, unit);
}

/** An amount in its unit, short enough for an axis. */
export function tickText(value: number, unit: Unit): string {
  return unit === "tokens" ? formatTokens(value) : formatMoney(value, unit).replace(/\.00$/, "");
}
