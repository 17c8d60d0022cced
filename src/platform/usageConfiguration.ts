import * as vscode from "vscode";

import {
  parseUsageSettings,
  type RawUsageSettings,
  type UsageSettings,
} from "../core/usageSettings.ts";
import type { SettingProblem } from "./configuration.ts";
import { PREFIX, type SettingKey } from "./ids.ts";

/** Where the parts of the usage settings stand. */
const KEYS = {
  prices: "usage.prices",
  currency: "usage.currency",
  currencyRate: "usage.currencyRate",
  budgets: "budgets.limits",
  budgetCounts: "budgets.counts",
  stopsAtBudget: "budgets.stopAutomatically",
} as const satisfies Record<keyof RawUsageSettings, SettingKey>;

/** The settings about usage as they are now, and what in them cannot be used. */
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
