import * as vscode from "vscode";

import { setShownCurrency } from "../core/usage/currency.ts";
import {
  parseUsageSettings,
  type RawUsageSettings,
  type UsageSettings,
} from "../core/usage/usageSettings.ts";
import type { SettingProblem } from "./configuration.ts";
import { PREFIX } from "./ids.ts";
import type { SettingKey } from "./settings.ts";

/** Keys of the usage settings. */
const KEYS = {
  prices: "usage.prices",
  currency: "usage.currency",
  currencyRate: "usage.currencyRate",
  budgets: "budgets.limits",
  budgetCounts: "budgets.counts",
  stopsAtBudget: "budgets.stopAutomatically",
} as const satisfies Record<keyof RawUsageSettings, SettingKey>;

/** Sets the shown currency from the settings. Call at startup and when it changes. */
export function applyCurrency(): void {
  setShownCurrency(readUsageSettings().settings.currency);
}

/** Whether any of these settings affects how money is shown. */
export function isAboutCurrency(changed: ReadonlySet<SettingKey>): boolean {
  return changed.has(KEYS.currency) || changed.has(KEYS.currencyRate);
}

/** The current settings about usage, and their invalid values. */
export function readUsageSettings(): {
  readonly settings: UsageSettings;
  readonly problems: readonly SettingProblem[];
} {
  const section = vscode.workspace.getConfiguration(PREFIX);
  const raw: RawUsageSettings = {
    prices: section.get<unknown>(KEYS.prices),
    currency: section.get<unknown>(KEYS.currency),
    currencyRate: section.get<unknown>(KEYS.currencyRate),
    budgets: section.get<unknown>(KEYS.budgets),
    budgetCounts: section.get<unknown>(KEYS.budgetCounts),
    stopsAtBudget: section.get<unknown>(KEYS.stopsAtBudget),
  };
  const { settings, problems } = parseUsageSettings(raw);
  return {
    settings,
    problems: problems.map(({ key, message }) => ({
      key: KEYS[key],
      message: vscode.l10n.t("The setting “{0}”: {1}.", `${PREFIX}.${KEYS[key]}`, message),
    })),
  };
}
