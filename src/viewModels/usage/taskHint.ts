import { plural, t } from "../../core/language.ts";
import type { Currency } from "../../core/usage/currency.ts";
import type { TaskCost } from "../../core/ledger/taskCosts.ts";
import { cleanTitle } from "../text/format.ts";
import { formatMoney } from "../text/money.ts";

/** What a task is likely to cost: `Similar tasks: ~$0.40 (12 samples)`, and a longer version. */
export interface TaskHint {
  readonly text: string;
  readonly tooltip: string;
}

/** What similar tasks have cost, always marked as approximate: it is a median. */
export function taskHint(cost: TaskCost, currency: Currency): TaskHint {
  const median = formatMoney(cost.medianUSD, currency);
  const lowest = formatMoney(cost.lowestUSD, currency);
  const highest = formatMoney(cost.highestUSD, currency);
  const agent = cost.agent === "" ? "" : t` by the agent “${cleanTitle(cost.agent, 40)}”`;
  const kind = {
    command: t`Tasks of /${cleanTitle(cost.what, 40)}`,
    title: t("Similar tasks"),
    verb: t("Similar tasks"),
    agent: t`Tasks${agent}`,
  }[cost.likeness];
  const alike = {
    command: t`of the command /${cleanTitle(cost.what, 40)}${agent}`,
    title: t`with titles like “${cleanTitle(cost.what, 60)}”${agent}`,
    verb: t`with titles that begin with “${cleanTitle(cost.what, 40)}”${agent}`,
    agent: agent.trim(),
  }[cost.likeness];
  const estimated = cost.isEstimated ? t(" Some of it is estimated from list prices.") : "";
  return {
    text: `${kind}: ~${median} (${plural(cost.seen, "{0} sample", "{0} samples")})`,
    tooltip:
      t`${plural(cost.seen, "{0} session", "{0} sessions")} ${alike}, each with its sub-sessions: ` +
      t`${lowest} to ${highest}, median ${median}.${estimated}`,
  };
}
