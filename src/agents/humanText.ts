import type {
  CostStatus,
  SessionList,
  SessionStatus,
  UsageReport,
} from "../core/agents/publicAPI.ts";
import type { CostState } from "../core/usage/usage.ts";
import {
  cleanTitle,
  formatPercent,
  formatRelativeTime,
  formatTokens,
  formatUSD,
} from "../viewModels/text/format.ts";

/* The answers as shown in a terminal. Titles are cleaned: they may contain anything a model wrote. */

export function statusText(status: SessionStatus): string {
  const { usage, context, forecast } = status;
  const { session, tree, lastTurn } = usage;
  const lines: (readonly [string, string])[] = [
    ["session", `${cleanTitle(status.title)} (${status.sessionID})`],
    ["server", cleanTitle(status.server)],
    ["state", status.state?.replace("_", " ") ?? "–"],
    ["model", status.model ?? "–"],
    [
      "used",
      `${formatTokens(session.totalTokens)} tokens, ${costText(session)}` +
        (session.turns === null ? "" : `, ${plural(session.turns, "turn")}`),
    ],
  ];
  if (tree.sessions > 1) {
    lines.push([
      "with sub-sessions",
      `${formatTokens(tree.totalTokens)} tokens, ${costText(tree)}, ${plural(tree.sessions, "session")}`,
    ]);
  }
  if (lastTurn !== null) {
    lines.push([
      "last turn",
      `${formatTokens(lastTurn.totalTokens)} tokens, ${costText(lastTurn)}`,
    ]);
  }
  if (context !== null) {
    const limit = context.limit === null ? "" : ` of ${formatTokens(context.limit)}`;
    const percent = context.percent === null ? "" : ` (${formatPercent(context.percent)})`;
    const mark = context.isEstimate ? "~" : "";
    lines.push(["context", `${mark}${formatTokens(context.used)}${limit} tokens${percent}`]);
  }
  lines.push(...budgetLines(usage.budgets));
  if (forecast.usdPerHour !== null) {
    lines.push(["at this rate", `${money(forecast.usdPerHour, forecast.usdPerHourState)} an hour`]);
  }
  if (forecast.turnsUntilContextFull !== null) {
    lines.push(["context is full", `in ${plural(forecast.turnsUntilContextFull, "turn")}`]);
  }
  if (forecast.budgetReachedMs !== null) {
    lines.push(["budget reached", new Date(forecast.budgetReachedMs).toLocaleString()]);
  }
  return labelled(lines);
}

export function listText({ sessions, more }: SessionList, nowMs: number): string {
  if (sessions.length === 0) return "No sessions.\n";
  const rows = sessions.map((session) => [
    session.sessionID,
    session.state?.replace("_", " ") ?? "–",
    formatTokens(session.totalTokens),
    costText(session),
    formatRelativeTime(session.updatedMs, nowMs),
    cleanTitle(session.title, 60),
  ]);
  const table = columns(["id", "state", "tokens", "cost", "changed", "title"], rows);
  return more === 0 ? table : `${table}and ${String(more)} more\n`;
}

export function usageText(report: UsageReport): string {
  const { total, groups, forecast } = report;
  const also =
    total.alsoSpentUSD === null
      ? ", also spent: not priced"
      : total.alsoSpentUSD > 0
        ? `, also spent ${money(total.alsoSpentUSD, total.alsoSpentState)}`
        : "";
  const lines: (readonly [string, string])[] = [
    ["period", report.period.name],
    ["used", `${formatTokens(total.totalTokens)} tokens, ${costText(total)}${also}`],
    ["answers", String(total.messages)],
    ...budgetLines(report.budgets),
  ];
  if (forecast.endOfDayUSD !== null) {
    const usd = money(forecast.endOfDayUSD, forecast.endOfDayState);
    lines.push(["by the end of today", `projected ${usd}`]);
  }
  if (forecast.endOfMonthUSD !== null) {
    const usd = money(forecast.endOfMonthUSD, forecast.endOfMonthState);
    lines.push(["by the end of this month", `projected ${usd}`]);
  }
  if (groups.length === 0) return labelled(lines);
  const rows = groups.map((group) => [
    formatTokens(group.totalTokens),
    costText(group),
    cleanTitle(group.name, 60) || "–",
  ]);
  const more = report.moreGroups === 0 ? "" : `and ${String(report.moreGroups)} more\n`;
  return `${labelled(lines)}\n${columns(["tokens", "cost", report.by], rows)}${more}`;
}

function budgetLines(
  budgets: SessionStatus["usage"]["budgets"],
): readonly (readonly [string, string])[] {
  return Object.entries(budgets).flatMap(([period, budget]) => {
    if (budget === null) return [];
    const { used, limit, percent, unit, isLowerBound } = budget;
    const amount = unit === "USD" ? formatUSD : formatTokens;
    const spent = isLowerBound ? formatUSD(used, "partial") : amount(used);
    return [[`${period} budget`, `${spent} of ${amount(limit)} (${formatPercent(percent)})`]];
  });
}

function costText({ cost, costState }: CostStatus): string {
  return cost === null ? "no price known" : formatUSD(cost, costState);
}

/** Formats an amount, which has a state whenever it is present. */
function money(usd: number, state: CostState | null): string {
  return formatUSD(usd, state ?? undefined);
}

function plural(count: number, word: string): string {
  return `${String(count)} ${word}${count === 1 ? "" : "s"}`;
}

function labelled(lines: readonly (readonly [string, string])[]): string {
  const width = Math.max(...lines.map(([label]) => label.length));
  return lines.map(([label, text]) => `${label.padEnd(width)}  ${text}\n`).join("");
}

/** Formats a table; the last column isn't padded. */
function columns(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, column) =>
          column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join("");
}
