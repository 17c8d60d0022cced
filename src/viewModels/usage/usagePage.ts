import { plural, t } from "../../core/language.ts";
import type { UsageFill } from "../../core/usage/usageSource.ts";
import { totalTokens, totalUSD } from "../../core/usage/usage.ts";
import type { Card, CardRequest } from "../cards/card.ts";
import type { Notice, PageHead, Tile } from "../cards/page.ts";
import { formatCount, formatPercent, formatTokens } from "../text/format.ts";
import { PRICES_HINT } from "../text/money.ts";
import { budgetsCard, budgetsJSON, forecastJSON } from "./usageBudgets.ts";
import { cacheCard, cacheJSON } from "./usageCache.ts";
import { rangeLabel, type UsageChoices } from "./usageChoices.ts";
import { groupCard, groupsJSON } from "./usageGroups.ts";
import { calendarCard, calendarJSON } from "./usageHeat.ts";
import { type CardContext, drillRequest, sumJSON } from "./usageMeasures.ts";
import { costText } from "./usageMoney.ts";
import { comparisonCard, comparisonJSON } from "./sessionComparison.ts";
import { compositionCard, compositionJSON } from "./sessionComposition.ts";
import { drilledJSON, expensiveCard, expensiveJSON, sessionsCard } from "./usageSessions.ts";
import { measureControl, trendCard, trendJSON } from "./usageTrend.ts";
import type { UsageModel } from "./usage.ts";

/** Everything a usage page shows, as text: plain data that survives JSON. */
export interface UsagePageModel {
  /** The choices it was made for; VS Code stores them. */
  readonly choices: UsageChoices;
  /** The host's clock when this was made. */
  readonly nowMs: number;
  /** Undefined for the view in the side bar. */
  readonly head: PageHead | undefined;
  readonly notices: readonly Notice[];
  readonly tiles: readonly Tile[];
  /** Shown instead of the cards. */
  readonly empty: string | undefined;
  readonly cards: readonly Card[];
  /** Names with a figure, in the side bar. */
  readonly lists: readonly NameList[];
}

export interface NameList {
  readonly title: string;
  readonly rows: readonly {
    readonly name: string;
    readonly value: string;
    readonly hint: string;
    readonly ask: CardRequest;
  }[];
}

/** The cards of a page in display order: one line per chart. */
export function usageCards(model: UsageModel, page: "view" | "panel"): readonly Card[] {
  const context = contextOf(model, page);
  const trend = trendCard(model.trend, context);
  const budgets = budgetsCard(model.budgets, model.forecast, model.nowMs, context);
  if (page === "view") return [trend, budgets];
  const groups = ["model", "project", "agent", "place", "origin"].flatMap((wanted) =>
    model.groups
      .filter(({ dimension }) => dimension === wanted)
      .map((found) => groupCard(found, context)),
  );
  return [
    trend,
    budgets,
    ...groups.slice(0, -1),
    calendarCard(model.heat, context),
    expensiveCard(model.expensive, context),
    ...groups.slice(-1),
    cacheCard(model.cache, context),
    compositionCard(model.composition),
    comparisonCard(model.compared, context),
    ...(model.drilled === undefined ? [] : [sessionsCard(model.drilled, context)]),
  ];
}

function contextOf(model: UsageModel, page: "view" | "panel"): CardContext {
  const { choices, currency, periods } = model;
  const rangeSum = periods.find(({ range }) => range === choices.range)?.sum ?? model.trend.undated;
  return { choices, currency, page, rangeSum };
}

/** Turns the figures of a usage page into what it shows. */
export function usagePage(model: UsageModel, page: "view" | "panel"): UsagePageModel {
  const { choices, nowMs, isEmpty } = model;
  return {
    choices,
    nowMs,
    head: page === "view" ? undefined : headOf(model),
    notices: noticesOf(model),
    tiles: isEmpty && page === "view" ? [] : tilesOf(model, page),
    empty: !isEmpty
      ? undefined
      : page === "view"
        ? t("No usage has been recorded yet.")
        : t(
            "No usage has been recorded yet. The history of connected servers is being read; what sessions use is added as it happens. Sessions of the demo are not counted.",
          ),
    cards: isEmpty ? [] : usageCards(model, page),
    lists: isEmpty || page === "panel" ? [] : listsOf(model),
  };
}

function headOf({ timeZone, currency, choices, fill }: UsageModel): PageHead {
  const money =
    currency.code === "USD"
      ? t("US dollars")
      : t`${currency.code} at ${String(currency.perUSD)} to the US dollar`;
  return {
    title: t("Usage"),
    facts: [
      { text: t`Days in ${timeZone}` },
      { text: money },
      {
        text: t("~ from list prices, ≥ some tokens have no price"),
        hint: PRICES_HINT,
        ask: { type: "openSetting", setting: "usage.prices" },
      },
      { text: t("messages copied by forks count once") },
    ],
    controls: [
      measureControl(choices),
      {
        kind: "button",
        label: t("Reload History"),
        hint: t("Read what has changed on all connected servers"),
        refusal: fill === undefined ? undefined : t("The history is being read"),
        ask: { type: "refill" },
      },
      {
        kind: "button",
        label: t("Copy JSON"),
        hint: t("Copy all figures as JSON"),
        ask: { type: "copy", format: "json", table: "trend" },
      },
      {
        kind: "button",
        label: t("Export JSON…"),
        hint: t("Save all figures as a JSON file"),
        ask: { type: "export", format: "json", table: "trend" },
      },
    ],
  };
}

/** What today, 7 days, 30 days and all time cost; a click selects that range. */
function tilesOf({ periods, choices, currency }: UsageModel, page: "view" | "panel"): Tile[] {
  return periods.map(({ range, sum: { spent, alsoSpent, messages } }) => {
    const tokens = totalTokens(spent.tokens);
    const gone = costText(alsoSpent, currency);
    const isGone = totalTokens(alsoSpent.tokens) > 0;
    return {
      id: range,
      label: rangeLabel(range),
      value: costText(spent, currency),
      detail: [
        t`${formatTokens(tokens)} tokens`,
        ...(page === "view" ? [] : [plural(messages, "{0} answer", "{0} answers")]),
      ].join(" · "),
      ...(isGone
        ? { gone: page === "view" ? t`${gone} deleted` : t`deleted or reverted: ${gone}` }
        : {}),
      hint: [
        t`${formatCount(tokens)} tokens`,
        ...(spent.unpricedTokens > 0
          ? [t`${formatCount(spent.unpricedTokens)} of them without a price`]
          : []),
        ...(isGone
          ? [t`${gone} was spent on answers that have since been deleted or reverted`]
          : []),
      ].join("; "),
      ask: { type: "choose", change: { kind: "range", range } },
      isChosen: range === choices.range,
    };
  });
}

function noticesOf({ fill, problems }: UsageModel): readonly Notice[] {
  return [
    ...(fill === undefined ? [] : [fillNotice(fill)]),
    ...problems.map(({ severity, message }) => ({
      key: message,
      level: severity,
      text: message,
    })),
  ];
}

/** A fill that ends sooner or has fewer sessions left isn't worth a notice: sessions end all the time. */
const SHORT_FILL_MS = 2000;
const FEW_SESSIONS = 10;

function fillNotice({ name, progress }: UsageFill): Notice {
  const { sessions = 0, allSessions = 0, rows = 0 } = progress ?? {};
  // The name of a place without its database path.
  const place = name.replace(/, (?:\/|[A-Za-z]:\\).*$/, "");
  const far =
    progress === undefined
      ? "…"
      : t`: ${formatCount(sessions)} of ${plural(allSessions, "{0} session", "{0} sessions")}, ${plural(rows, "{0} answer", "{0} answers")}`;
  return {
    key: "fill",
    level: "info",
    text: t`Reading the history of ${place}${far}`,
    hint: name,
    progress: allSessions === 0 ? null : Math.min(100, (sessions / allSessions) * 100),
    delayMs: allSessions - sessions > FEW_SESSIONS ? 0 : SHORT_FILL_MS,
    action: {
      kind: "button",
      label: t("Cancel"),
      hint: t("Stop reading and keep what has been read"),
      ask: { type: "cancelFill" },
    },
  };
}

/** Number of sessions and models named in the side bar's view. */
const MOST_NAMED = 3;

function listsOf(model: UsageModel): readonly NameList[] {
  const { groups, expensive, currency } = model;
  const context = contextOf(model, "view");
  const whole = totalUSD(context.rangeSum.spent);
  const models = groups.find(({ dimension }) => dimension === "model")?.groups ?? [];
  return [
    {
      title: t("Models"),
      rows: models.slice(0, MOST_NAMED).map(({ label, sum, drill }) => {
        const share = whole > 0 ? ` · ${formatPercent((totalUSD(sum.spent) / whole) * 100)}` : "";
        return {
          name: label.slice(label.indexOf("/") + 1),
          value: `${costText(sum.spent, currency)}${share}`,
          hint: t`Show the sessions of ${label}`,
          ask: drillRequest(drill, context),
        };
      }),
    },
    {
      title: t("Most expensive sessions"),
      rows: expensive.slice(0, MOST_NAMED).map(({ session, tree, drill }) => ({
        name: session.title,
        value: costText(tree.spent, currency),
        hint: session.canOpen ? t`Open the charts of “${session.title}”` : session.title,
        ask: session.canOpen
          ? { type: "openSession", sessionID: session.sessionID }
          : drillRequest(drill, context),
      })),
    },
  ];
}

/** Name of the JSON export's schema; the number increases with breaking changes. */
export const USAGE_PAGE_SCHEMA = "opencode-sessions.usage-page/1";

/**
 * Everything a page shows, as JSON for programs: exact figures in US dollars, `null` if unknown. An unpriced
 * cost is `null`, never 0.
 */
export function usagePageJSON(model: UsageModel): string {
  const value = {
    schema: USAGE_PAGE_SCHEMA,
    exported: new Date(model.nowMs).toISOString(),
    timeZone: model.timeZone,
    range: model.choices.range,
    periods: Object.fromEntries(model.periods.map(({ range, sum }) => [range, sumJSON(sum)])),
    trend: trendJSON(model.trend),
    groups: groupsJSON(model.groups),
    calendar: calendarJSON(model.heat),
    mostExpensive: expensiveJSON(model.expensive),
    cache: cacheJSON(model.cache),
    budgets: budgetsJSON(model.budgets),
    forecast: forecastJSON(model.forecast),
    sessions: drilledJSON(model.drilled),
    comparison: comparisonJSON(model.compared),
    composition: compositionJSON(model.composition),
  };
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** A file name for an export, without an extension. */
export function usageFileName(nowMs: number, id: string): string {
  const day = new Date(nowMs).toISOString().slice(0, 10);
  return `opencode-${id === "usage" ? "usage" : `usage-${id.toLowerCase()}`}-${day}`;
}
