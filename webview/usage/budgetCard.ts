import { budgetAmount, budgetUsed } from "../../src/viewModels/budgetText.ts";
import type { UsageModel } from "../../src/viewModels/usage.ts";
import type { UsageBudget } from "../../src/viewModels/usageBudgets.ts";
import { formatPercent, formatRelativeTime, formatTokens } from "../../src/viewModels/format.ts";
import { formatMoney } from "../../src/viewModels/money.ts";
import { usageTable } from "../../src/viewModels/usageTables.ts";
import { element, setAttribute, setShown, setText } from "../dom.ts";
import { createButton } from "../toolkit.ts";
import { createTableView } from "./tableView.ts";
import type { UsageActions } from "./usageActions.ts";

export interface BudgetCard {
  readonly element: HTMLElement;
  draw(model: UsageModel, nowMs: number, isTable: boolean): void;
}

/** Budgets as bars, and what is likely to come. */
export function createBudgetCard(actions: UsageActions): BudgetCard {
  const list = element("ul", { class: "budgets" });
  const none = element("p", { class: "budget-none" }, "No budget is set.");
  const forecast = element("ul", { class: "forecast", "aria-label": "Forecast" });
  const set = createButton({
    label: "Set Budgets…",
    appearance: "icon",
    onClick: () => {
      actions.ask({ type: "openBudgets" });
    },
  });
  const toggle = createButton({
    label: "Table",
    hint: "Show the budgets as a table",
    appearance: "icon",
    onClick: () => {
      actions.onToggleTable("budgets");
    },
  });
  const csv = createButton({
    label: "CSV…",
    hint: "Save the budgets as a CSV file",
    appearance: "icon",
    onClick: () => {
      actions.ask({ type: "export", format: "csv", table: "budgets" });
    },
  });
  // The bars say all their figures: beside the side bar's there is no room for a table.
  for (const button of [toggle, csv]) button.element.setAttribute("data-file", "");
  const table = createTableView(actions);
  const bars = new Map<string, BudgetBar>();
  return {
    element: element(
      "section",
      {
        class: "card columns-6 card-budgets",
        "aria-labelledby": "usage-budgets",
        "data-chart": "budgets",
      },
      element(
        "header",
        { class: "card-header" },
        element("h2", { id: "usage-budgets" }, "Budgets and forecast"),
        element("span", { class: "spacer" }),
        set.element,
        toggle.element,
        csv.element,
      ),
      element("div", { class: "card-body" }, list, none, table.element, forecast),
    ),
    draw: (model, nowMs, isTable) => {
      const hasBudgets = model.budgets.length > 0;
      setShown(none, !hasBudgets);
      setShown(list, hasBudgets && !isTable);
      setShown(table.element, hasBudgets && isTable);
      setShown(toggle.element, hasBudgets);
      setShown(csv.element, hasBudgets);
      setText(toggle.element, isTable ? "Bars" : "Table");
      toggle.setHint(`Show the budgets as ${isTable ? "bars" : "a table"}`);
      if (isTable) table.draw(usageTable(model, "budgets"));
      else drawBars(list, bars, model, nowMs, actions);
      drawLines(forecast, forecastLines(model));
    },
  };
}

interface BudgetBar {
  readonly element: HTMLElement;
  draw(budget: UsageBudget, model: UsageModel, nowMs: number): void;
}

function drawBars(
  list: HTMLElement,
  bars: Map<string, BudgetBar>,
  model: UsageModel,
  nowMs: number,
  actions: UsageActions,
): void {
  const wanted = new Set(model.budgets.map(({ id }) => id));
  for (const [id, bar] of bars) {
    if (wanted.has(id)) continue;
    bar.element.remove();
    bars.delete(id);
  }
  for (const [at, budget] of model.budgets.entries()) {
    let bar = bars.get(budget.id);
    if (bar === undefined) {
      bar = createBar(actions);
      bars.set(budget.id, bar);
    }
    if (list.children[at] !== bar.element)
      list.insertBefore(bar.element, list.children[at] ?? null);
    bar.draw(budget, model, nowMs);
  }
}

function createBar(actions: UsageActions): BudgetBar {
  let shown: UsageBudget | undefined;
  const title = element("span", { class: "budget-title" });
  const figures = element("span", { class: "budget-figures" });
  const fill = element("div", { class: "meter-fill" });
  const meter = element("div", { class: "meter", role: "meter", "aria-valuemin": 0 }, fill);
  const detail = element("span", { class: "budget-detail" });
  const button = element(
    "button",
    { type: "button", class: "budget" },
    element("span", { class: "budget-line" }, title, figures),
    meter,
    detail,
  );
  button.addEventListener("click", () => {
    if (shown !== undefined) actions.onDrill(shown.drill);
  });
  return {
    element: element("li", {}, button),
    draw: (budget, { currency }, nowMs) => {
      shown = budget;
      const used = budgetUsed(budget, budget.unit, currency);
      const limit = budgetAmount(budget.limit, budget.unit, currency);
      setText(title, budget.title);
      setText(figures, `${used} of ${limit} · ${formatPercent(budget.percent)}`);
      setAttribute(button, "title", `Show the sessions behind «${budget.title}»`);
      setAttribute(meter, "aria-label", budget.title);
      setAttribute(meter, "aria-valuemax", 100);
      setAttribute(meter, "aria-valuenow", Math.round(Math.min(100, budget.percent)));
      setAttribute(meter, "aria-valuetext", `${used} of ${limit}`);
      fill.style.width = `${Math.min(100, budget.percent)}%`;
      const level = budget.percent >= 100 ? " is-over" : budget.percent >= 80 ? " is-high" : "";
      setAttribute(fill, "class", `meter-fill${level}`);
      setText(detail, budgetWords(budget, currency, nowMs).join(" · "));
    },
  };
}

function budgetWords(
  budget: UsageBudget,
  currency: UsageModel["currency"],
  nowMs: number,
): readonly string[] {
  const { overshoot, reachedMs, endMs, estimated, unpricedTokens, isRecordedOnly } = budget;
  return [
    overshoot > 0 ? `${budgetAmount(overshoot, budget.unit, currency)} beyond the limit` : "",
    reachedMs === undefined ? "" : `used up in about ${aheadText(reachedMs, nowMs)}`,
    endMs === undefined ? "" : `ends in ${aheadText(endMs, nowMs)}`,
    estimated > 0 ? `${formatMoney(estimated, currency, "estimated")} from list prices` : "",
    isRecordedOnly ? "recorded cost only" : "",
    unpricedTokens > 0 ? `${formatTokens(unpricedTokens)} tokens without a price` : "",
  ].filter((word) => word !== "");
}

/** How long it is until a time, in one unit: more would say more than is known. */
function aheadText(ms: number, nowMs: number): string {
  const text = formatRelativeTime(nowMs, ms);
  return text === "now" ? "a moment" : text;
}

/** What is likely to come, in words; nothing where too little is known. */
export function forecastLines({ forecast, currency }: UsageModel): readonly string[] {
  const { usdPerHour, tokensPerMinute, endOfDayUSD, endOfMonthUSD } = forecast;
  const lines: string[] = [];
  if (usdPerHour !== undefined && tokensPerMinute !== undefined) {
    const money = usdPerHour > 0 ? `${formatMoney(usdPerHour, currency)} an hour, ` : "";
    lines.push(`Now: ${money}${formatTokens(tokensPerMinute)} tokens a minute (last 15 minutes)`);
  }
  if (endOfDayUSD !== undefined) {
    lines.push(
      `Today: ${formatMoney(forecast.todayUSD, currency)} so far, about ${formatMoney(endOfDayUSD, currency)} by midnight`,
    );
  }
  if (endOfMonthUSD !== undefined) {
    lines.push(
      `This month: ${formatMoney(forecast.monthUSD, currency)} so far, about ${formatMoney(endOfMonthUSD, currency)} by its end`,
    );
  }
  return lines;
}

function drawLines(target: HTMLElement, lines: readonly string[]): void {
  setShown(target, lines.length > 0);
  const known = [...target.children].map((child) => child.textContent);
  if (known.join("\n") === lines.join("\n")) return;
  target.replaceChildren(...lines.map((line) => element("li", {}, line)));
}
