import { languageTag, t } from "../../core/language.ts";
import { type Currency, shownCurrency, US_DOLLARS } from "../../core/usage/currency.ts";
import { type CostState, costState, totalUSD, type Usage } from "../../core/usage/usage.ts";
import { formatUSD, UNKNOWN, usdDigits } from "./format.ts";

/**
 * A US dollar amount in the user's currency, marked by cost state: `$0.23`, `€0.21`, `~€0.21` estimated,
 * `≥ €0.21` partial, `–` unpriced.
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

/** A US dollar amount in the display currency: see `formatMoney`. */
export function shownMoney(usd: number, state?: CostState): string {
  return formatMoney(usd, shownCurrency(), state);
}

/** Explains `≥` beside a link to the setting with the user's own prices. */
export const PRICES_HINT = t(
  "Costs marked ≥ leave out tokens whose model has no price. Click to enter prices in the settings.",
);

/** Cost of a usage in the display currency: `$0.23`, `~$0.23` estimated, `≥ $0.23` partial, `–` unpriced. */
export function formatCost(usage: Usage): string {
  return shownMoney(totalUSD(usage), costState(usage));
}

/** A US dollar amount in the display currency, for screen readers: `0.23 US dollars`, `0.21 euros`. */
export function spokenMoney(usd: number): string {
  const { code, perUSD } = shownCurrency();
  if (code === US_DOLLARS.code) return t`${usdDigits(usd)} US dollars`;
  return plainMoney(usd * perUSD, code, "name");
}

const formats = new Map<string, Intl.NumberFormat>();

function plainMoney(amount: number, code: string, display: Display = "symbol"): string {
  const size = Math.abs(amount);
  const usual = formatOf(code, undefined, display).resolvedOptions().maximumFractionDigits ?? 2;
  // Amounts below a hundredth need four decimals to keep two significant digits.
  const decimals =
    size === 0 ? usual : size < 0.00995 ? 4 : size < 100 ? Math.max(usual, 2) : usual;
  if (size > 0 && size < 0.00005) return `<${formatOf(code, 4, display).format(0.0001)}`;
  return formatOf(code, decimals, display).format(amount);
}

type Display = "symbol" | "name";

function formatOf(
  code: string,
  decimals: number | undefined,
  currencyDisplay: Display,
): Intl.NumberFormat {
  const key = `${languageTag()} ${code} ${String(decimals)} ${currencyDisplay}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.NumberFormat(languageTag(), {
      style: "currency",
      currency: code,
      currencyDisplay,
      ...(decimals === undefined
        ? {}
        : { minimumFractionDigits: decimals, maximumFractionDigits: decimals }),
    });
    formats.set(key, format);
  }
  return format;
}
