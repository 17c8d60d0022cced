import { type Currency, US_DOLLARS } from "../core/currency.ts";
import type { CostState } from "../core/usage.ts";
import { formatUSD, UNKNOWN } from "./format.ts";

/**
 * An amount of US dollars as a person reads it, in their currency and with the trust it deserves: `$0.23`,
 * `€0.21`, `~€0.21` estimated, `≥ €0.21` partial, `–` unpriced.
 */
export function formatMoney(
  usd: number,
  currency: Currency,
  state: CostState = "recorded",
): string {
  if (currency.code === US_DOLLARS.code) return formatUSD(usd, state);
  if (!Number.isFinite(usd) || state === "unpriced") return UNKNOWN;
  const mark = { estimated: "~", partial: "≥ ", recorded: "" }[state];
  return `${mark}${plainMoney(usd * currency.perUSD, currency.code)}`;
}

const formats = new Map<string, Intl.NumberFormat>();

function plainMoney(amount: number, code: string): string {
  const size = Math.abs(amount);
  const usual = formatOf(code, undefined).resolvedOptions().maximumFractionDigits ?? 2;
  // Below a hundredth two significant digits would be lost.
  const decimals =
    size === 0 ? usual : size < 0.00995 ? 4 : size < 100 ? Math.max(usual, 2) : usual;
  if (size > 0 && size < 0.00005) return `<${formatOf(code, 4).format(0.0001)}`;
  return formatOf(code, decimals).format(amount);
}

function formatOf(code: string, decimals: number | undefined): Intl.NumberFormat {
  const key = `${code} ${String(decimals)}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.NumberFormat("en-US", {
      style: "currency",
      currency: code,
      ...(decimals === undefined
        ? {}
        : { minimumFractionDigits: decimals, maximumFractionDigits: decimals }),
    });
    formats.set(key, format);
  }
  return format;
}
