import { totalUSD } from "../../src/core/usage.ts";
import { formatPercent } from "../../src/viewModels/format.ts";
import type { UsageChange } from "../../src/viewModels/usageChoices.ts";
import { costText } from "../../src/viewModels/usageMoney.ts";
import type { UsageModel } from "../../src/viewModels/usage.ts";
import { element, setAttribute, setShown, setText } from "../dom.ts";
import { createButton } from "../toolkit.ts";
import { createBudgetCard } from "./budgetCard.ts";
import { createUsageControls } from "./controls.ts";
import { createPeriodTiles } from "./periodTiles.ts";
import { trendChart } from "./trendChart.ts";
import type { UsageActions } from "./usageActions.ts";
import { createUsageCard } from "./usageCard.ts";
import { createUsageNotices } from "./usageNotices.ts";
import type { UsagePageView } from "./usagePanelView.ts";

/** Sessions and models the view names. */
const MOST_NAMED = 3;

/** The page of the view in the side bar: what it costs, budgets, and a way into the panel. */
export function createUsageSideView(
  actions: UsageActions,
  onChange: (change: UsageChange) => void,
): UsagePageView {
  const tiles = createPeriodTiles((range) => {
    onChange({ kind: "range", range });
  });
  const notices = createUsageNotices(actions);
  const controls = createUsageControls(onChange);
  const budgets = createBudgetCard(actions);
  const trend = createUsageCard(trendChart, actions, [controls.measure]);
  const models = createNames("Models");
  const sessions = createNames("Most expensive sessions");
  const open = createButton({
    label: "Open Usage",
    hint: "Open all charts of usage in an editor",
    appearance: "primary",
    onClick: () => {
      actions.ask({ type: "openPanel", drill: undefined });
    },
  });
  const empty = element("p", { class: "empty", hidden: true }, "The ledger holds no answers yet.");
  const content = element(
    "div",
    { class: "side-content" },
    tiles.element,
    trend.element,
    budgets.element,
    models.element,
    sessions.element,
    element("div", { class: "side-open" }, open.element),
  );
  return {
    element: element("main", { class: "usage side" }, notices.element, empty, content),
    draw: (frame, tables, nowMs) => {
      const { model } = frame;
      notices.draw(model);
      setShown(empty, model.isEmpty);
      setShown(content, !model.isEmpty);
      if (model.isEmpty) return;
      tiles.draw(model);
      controls.draw(model);
      trend.draw(frame, tables.has("trend"));
      budgets.draw(model, nowMs, tables.has("budgets"));
      models.draw(modelRows(model, actions));
      sessions.draw(sessionRows(model, actions));
    },
  };
}

interface NamedRow {
  readonly name: string;
  readonly value: string;
  readonly hint: string;
  readonly onClick: () => void;
}

function modelRows({ groups, currency, periods, choices }: UsageModel, actions: UsageActions) {
  const all = periods.find(({ range }) => range === choices.range)?.sum.spent;
  const whole = all === undefined ? 0 : totalUSD(all);
  const found = groups.find(({ dimension }) => dimension === "model")?.groups ?? [];
  return found.slice(0, MOST_NAMED).map(({ label, sum, drill }): NamedRow => {
    const share = whole > 0 ? ` · ${formatPercent((totalUSD(sum.spent) / whole) * 100)}` : "";
    return {
      name: label.slice(label.indexOf("/") + 1),
      value: `${costText(sum.spent, currency)}${share}`,
      hint: `Show the sessions of ${label}`,
      onClick: () => {
        actions.onDrill(drill);
      },
    };
  });
}

function sessionRows({ expensive, currency }: UsageModel, actions: UsageActions) {
  return expensive.slice(0, MOST_NAMED).map(({ session, tree, drill }): NamedRow => ({
    name: session.title,
    value: costText(tree.spent, currency),
    hint: session.canOpen ? `Open the charts of «${session.title}»` : session.title,
    onClick: () => {
      if (session.canOpen) actions.onOpenSession(session.sessionID);
      else actions.onDrill(drill);
    },
  }));
}

function createNames(title: string): {
  readonly element: HTMLElement;
  draw(rows: readonly NamedRow[]): void;
} {
  const list = element("ul", { class: "names" });
  const section = element("section", { class: "named" }, element("h2", {}, title), list);
  return {
    element: section,
    draw: (rows) => {
      setShown(section, rows.length > 0);
      while (list.children.length > rows.length) list.lastElementChild?.remove();
      for (const [at, row] of rows.entries()) {
        const known = list.children[at]?.firstElementChild;
        const button = known instanceof HTMLButtonElement ? known : createNameButton(list);
        const [name, value] = button.children;
        if (name !== undefined) setText(name, row.name);
        if (value !== undefined) setText(value, row.value);
        setAttribute(button, "title", row.hint);
        button.onclick = row.onClick;
      }
    },
  };
}

function createNameButton(list: HTMLElement): HTMLButtonElement {
  const button = element(
    "button",
    { type: "button", class: "name-row" },
    element("span", { class: "name" }),
    element("span", { class: "name-value" }),
  );
  list.append(element("li", {}, button));
  return button;
}
