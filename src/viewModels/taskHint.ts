import type { Currency } from "../core/currency.ts";
import type { TaskCost } from "../core/ledger/taskCosts.ts";
import { cleanTitle } from "./format.ts";
import { formatMoney } from "./money.ts";
import { plural } from "./sessionFigures.ts";

/** What a task is likely to cost: `A task like this costs ~$0.40 (12 seen)`, and the same at length. */
export interface TaskHint {
  readonly text: string;
  readonly tooltip: string;
}

/** Says what tasks of a kind have cost. Always marked as about: it is a median of what was. */
export function taskHint(cost: TaskCost, currency: Currency): TaskHint {
  const median = formatMoney(cost.medianUSD, currency);
  const lowest = formatMoney(cost.lowestUSD, currency);
  const highest = formatMoney(cost.highestUSD, currency);
  const agent = cost.agent === "" ? "" : ` by the agent “${cleanTitle(cost.agent, 40)}”`;
  const kind = {
    command: `A task of /${cleanTitle(cost.what, 40)}`,
    title: "A task like this",
    verb: "A task like this",
    agent: `A task${agent}`,
  }[cost.likeness];
  const alike = {
    command: `of the command /${cleanTitle(cost.what, 40)}${agent}`,
    title: `with titles like “${cleanTitle(cost.what, 60)}”${agent}`,
    verb: `with titles that begin with “${cleanTitle(cost.what, 40)}”${agent}`,
    agent: agent.trim(),
  }[cost.likeness];
  const estimated = cost.isEstimated ? " Some of it is estimated from list prices." : "";
  return {
    text: `${kind} costs ~${median} (${String(cost.seen)} seen)`,
    tooltip:
      `${plural(cost.seen, "session")} ${alike}, each with its child sessions: ` +
      `${lowest} to ${highest}, median ${median}.${estimated}`,
  };
}
