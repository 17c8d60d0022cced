import { t } from "../language.ts";
import { type Budget, BUDGET_PERIODS, type BudgetPeriod } from "./budget.ts";
import { type Currency, US_DOLLARS } from "./currency.ts";
import type { ModelPrice } from "./usage.ts";

/** A budget as the user sets it: `project` and `server` are the user's names, not yet ledger IDs. */
export interface BudgetSetting {
  readonly period: BudgetPeriod;
  /** > 0, in `unit`. */
  readonly limit: number;
  readonly unit: Budget["unit"];
  /** A project's folder, name or ID; undefined for all projects. */
  readonly project: string | undefined;
  /** Name or address of a server; undefined for all servers. */
  readonly server: string | undefined;
}

/** The settings about usage. */
export interface UsageSettings {
  /** By `modelKey`; override the servers' catalogues. */
  readonly prices: ReadonlyMap<string, ModelPrice>;
  readonly currency: Currency;
  readonly budgets: readonly BudgetSetting[];
  /** Which costs budgets count: only those recorded by servers, or also estimates from list prices. */
  readonly budgetCounts: Budget["counts"];
  /** Whether running trees are stopped without asking when a budget is used up. */
  readonly stopsAtBudget: boolean;
}

/** The settings as stored, not yet validated; undefined if not set. */
export interface RawUsageSettings {
  readonly prices: unknown;
  readonly currency: unknown;
  readonly currencyRate: unknown;
  readonly budgets: unknown;
  readonly budgetCounts: unknown;
  readonly stopsAtBudget: unknown;
}

/** An invalid value, and the setting it is in. */
export interface UsageSettingProblem {
  readonly key: keyof RawUsageSettings;
  /** Which entry, and what it must be; suitable for display. */
  readonly message: string;
}

/** Parses the settings. Invalid entries are skipped and reported in `problems`. */
export function parseUsageSettings(raw: RawUsageSettings): {
  readonly settings: UsageSettings;
  readonly problems: readonly UsageSettingProblem[];
} {
  const problems: UsageSettingProblem[] = [];
  const report =
    (key: keyof RawUsageSettings) =>
    (message: string): void => {
      problems.push({ key, message });
    };
  return {
    settings: {
      prices: parsePrices(raw.prices, report("prices")),
      currency: parseCurrency(raw, report),
      budgets: parseBudgets(raw.budgets, report("budgets")),
      budgetCounts: parseCounts(raw.budgetCounts, report("budgetCounts")),
      stopsAtBudget: parseFlag(raw.stopsAtBudget, report("stopsAtBudget")),
    },
    problems,
  };
}

type Report = (message: string) => void;

function parsePrices(value: unknown, report: Report): ReadonlyMap<string, ModelPrice> {
  const prices = new Map<string, ModelPrice>();
  if (isAbsent(value)) return prices;
  if (!isRecord(value)) {
    report(t("must be an object with an entry for each model, like “anthropic/claude-sonnet-4-5”"));
    return prices;
  }
  for (const [key, entry] of Object.entries(value)) {
    const price = parsePrice(key, entry);
    if (typeof price === "string") report(`“${key}” ${price}`);
    else prices.set(key, price);
  }
  return prices;
}

const PRICE_KINDS = ["input", "output", "cacheRead", "cacheWrite"] as const;

/** A price, or why it is invalid. */
function parsePrice(key: string, entry: unknown): ModelPrice | string {
  const slash = key.indexOf("/");
  if (slash <= 0 || slash === key.length - 1) return t("must be named provider/model");
  if (!isRecord(entry))
    return t("must be an object with input and output in US dollars per million tokens");
  for (const name of Object.keys(entry)) {
    if (!PRICE_KINDS.some((kind) => kind === name)) return t`has an unknown field “${name}”`;
  }
  const [input, output, cacheRead, cacheWrite] = PRICE_KINDS.map((kind) => entry[kind]);
  if (!isPrice(input)) return t("needs “input”, a number of at least 0");
  if (!isPrice(output)) return t("needs “output”, a number of at least 0");
  if (cacheRead !== undefined && !isPrice(cacheRead))
    return t("has a “cacheRead” that is not a number of at least 0");
  if (cacheWrite !== undefined && !isPrice(cacheWrite))
    return t("has a “cacheWrite” that is not a number of at least 0");
  // Without their own price, cached tokens cost as much as input: never too little.
  return { input, output, cacheRead: cacheRead ?? input, cacheWrite: cacheWrite ?? input };
}

function isPrice(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function parseCurrency(
  { currency, currencyRate }: RawUsageSettings,
  report: (key: "currency" | "currencyRate") => Report,
): Currency {
  const code = isAbsent(currency) || currency === "" ? US_DOLLARS.code : currency;
  if (typeof code !== "string" || !/^[A-Z]{3}$/.test(code)) {
    report("currency")(t("must be a three-letter currency code in capitals, such as EUR"));
    return US_DOLLARS;
  }
  if (code === US_DOLLARS.code) return US_DOLLARS;
  if (isAbsent(currencyRate)) {
    report("currencyRate")(t`is required to show ${code}: how many ${code} one US dollar buys`);
    return US_DOLLARS;
  }
  if (typeof currencyRate !== "number" || !Number.isFinite(currencyRate) || currencyRate <= 0) {
    report("currencyRate")(t("must be a number above 0"));
    return US_DOLLARS;
  }
  return { code, perUSD: currencyRate };
}

function parseBudgets(value: unknown, report: Report): readonly BudgetSetting[] {
  if (isAbsent(value)) return [];
  if (!Array.isArray(value)) {
    report(t("must be a list of budgets"));
    return [];
  }
  const budgets = new Map<string, BudgetSetting>();
  for (const [index, entry] of value.entries()) {
    const budget = parseBudget(entry);
    if (typeof budget === "string") {
      report(t`entry ${String(index + 1)} ${budget}`);
      continue;
    }
    const id = budgetID(budget);
    if (budgets.has(id)) {
      report(t`entry ${String(index + 1)} covers the same usage as an earlier entry`);
      continue;
    }
    budgets.set(id, budget);
  }
  return [...budgets.values()];
}

const BUDGET_FIELDS = ["period", "usd", "tokens", "project", "server"] as const;

/** A budget, or why it is invalid. */
function parseBudget(entry: unknown): BudgetSetting | string {
  if (!isRecord(entry)) return t("must be an object with a period and a limit");
  for (const name of Object.keys(entry)) {
    if (!BUDGET_FIELDS.some((field) => field === name)) return t`has an unknown field “${name}”`;
  }
  const { period, usd, tokens, project, server } = entry;
  const known = BUDGET_PERIODS.find((one) => one === period);
  if (known === undefined) return t`needs a “period”: ${BUDGET_PERIODS.join(", ")}`;
  if (isAbsent(usd) === isAbsent(tokens)) return t("needs either “usd” or “tokens”");
  const limit = usd ?? tokens;
  if (typeof limit !== "number" || !Number.isFinite(limit) || limit <= 0) {
    return t`needs a limit above 0 in “${isAbsent(usd) ? "tokens" : "usd"}”`;
  }
  if (!isName(project)) return t("has a “project” that is not text");
  if (!isName(server)) return t("has a “server” that is not text");
  return {
    period: known,
    limit,
    unit: isAbsent(usd) ? "tokens" : "USD",
    project: project ?? undefined,
    server: server ?? undefined,
  };
}

function isName(value: unknown): value is string | null | undefined {
  return isAbsent(value) || (typeof value === "string" && value.trim() !== "");
}

/** Identifies what a budget covers, regardless of its limit. */
export function budgetID({ period, unit, project, server }: BudgetSetting): string {
  return JSON.stringify([period, unit, project ?? null, server ?? null]);
}

function parseCounts(value: unknown, report: Report): Budget["counts"] {
  if (isAbsent(value)) return "estimated";
  if (value === "recorded" || value === "estimated") return value;
  report(t("must be “recorded” or “estimated”"));
  return "estimated";
}

function parseFlag(value: unknown, report: Report): boolean {
  if (isAbsent(value)) return false;
  if (typeof value === "boolean") return value;
  report(t("must be true or false"));
  return false;
}

function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
