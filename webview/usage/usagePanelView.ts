import type { UsageModel } from "../../src/viewModels/usage.ts";
import type { SessionSlot, UsageChange } from "../../src/viewModels/usageChoices.ts";
import type { UsageTableID } from "../../src/viewModels/usageTables.ts";
import { element, setShown, setText } from "../dom.ts";
import { createButton } from "../toolkit.ts";
import { createBudgetCard } from "./budgetCard.ts";
import { createUsageControls } from "./controls.ts";
import { createDrillCard } from "./drillCard.ts";
import { createPeriodTiles } from "./periodTiles.ts";
import type { UsageActions } from "./usageActions.ts";
import { createUsageCard } from "./usageCard.ts";
import type { UsageFrame } from "./usageChart.ts";
import { USAGE_CHARTS } from "./usageCharts.ts";
import { createUsageNotices } from "./usageNotices.ts";

/** A page of usage. It holds no state: what is chosen goes to the actions. */
export interface UsagePageView {
  readonly element: HTMLElement;
  draw(frame: UsageFrame, tables: ReadonlySet<string>, nowMs: number): void;
}

/** The page of the panel: all there is. */
export function createUsagePanelView(
  actions: UsageActions,
  onChange: (change: UsageChange) => void,
): UsagePageView {
  const { ask } = actions;
  const tiles = createPeriodTiles((range) => {
    onChange({ kind: "range", range });
  });
  const notices = createUsageNotices(actions);
  const controls = createUsageControls(onChange);
  const budgets = createBudgetCard(actions);
  const drill = createDrillCard(actions);
  const pickers = createPickers(actions);
  const cards = USAGE_CHARTS.map((definition) => {
    const extra: Partial<Record<UsageTableID, readonly HTMLElement[]>> = {
      trend: controls.trend,
      composition: pickers.composition,
      comparison: pickers.comparison,
    };
    return createUsageCard(definition, actions, extra[definition.id] ?? []);
  });
  const facts = element("p", { class: "facts" });
  const refill = createButton({
    label: "Read History",
    hint: "Read from all connected servers what changed since it was last read",
    onClick: () => {
      ask({ type: "refill" });
    },
  });
  const empty = element(
    "p",
    { class: "empty", hidden: true },
    "The ledger holds no answers yet. What connected servers have is being read; what sessions do is added while it happens.",
  );
  const content = element(
    "div",
    { class: "cards usage-cards" },
    ...cards.map((card) => card.element),
    budgets.element,
    drill.element,
  );
  // Budgets come after the trend, the calendar fills the width below the groups.
  content.querySelector('[data-chart="trend"]')?.after(budgets.element);
  const page = element(
    "main",
    { class: "breakdown usage" },
    element(
      "header",
      { class: "page-header" },
      element(
        "div",
        { class: "page-title" },
        element("div", { class: "title-line" }, element("h1", {}, "Usage")),
        facts,
      ),
      element(
        "div",
        { class: "actions" },
        controls.measure,
        refill.element,
        createButton({
          label: "Copy JSON",
          hint: "Copy all figures as JSON",
          onClick: () => {
            ask({ type: "copy", format: "json", table: "trend" });
          },
        }).element,
        createButton({
          label: "Export JSON…",
          hint: "Save all figures as a JSON file",
          onClick: () => {
            ask({ type: "export", format: "json", table: "trend" });
          },
        }).element,
      ),
    ),
    notices.element,
    tiles.element,
    empty,
    content,
  );
  return {
    element: page,
    draw: (frame, tables, nowMs) => {
      const { model } = frame;
      setText(facts, factsText(model));
      notices.draw(model);
      tiles.draw(model);
      controls.draw(model);
      pickers.draw(model);
      setShown(empty, model.isEmpty);
      setShown(content, !model.isEmpty);
      refill.setRefusal(model.fill === undefined ? undefined : "The history is being read");
      if (model.isEmpty) return;
      for (const card of cards) card.draw(frame, tables.has(card.id));
      budgets.draw(model, nowMs, tables.has("budgets"));
      drill.draw(model);
    },
  };
}

function factsText({ timeZone, currency }: UsageModel): string {
  const money =
    currency.code === "USD"
      ? "US dollars"
      : `${currency.code} at ${String(currency.perUSD)} a US dollar`;
  return `Days of ${timeZone} · ${money} · ~ from list prices, ≥ some tokens have no price · forks count once`;
}

interface Pickers {
  readonly composition: readonly HTMLElement[];
  readonly comparison: readonly HTMLElement[];
  draw(model: UsageModel): void;
}

function createPickers({ ask }: UsageActions): Pickers {
  const picker = (slot: SessionSlot, hint: string) =>
    createButton({
      label: "Choose…",
      hint,
      appearance: "secondary",
      onClick: () => {
        ask({ type: "pickSession", slot });
      },
    });
  const composition = picker("composition", "Choose the session whose context is taken apart");
  const first = picker("compareA", "Choose the first session of the comparison");
  const second = picker("compareB", "Choose the second session of the comparison");
  const label = (slot: "First" | "Second", title: string | undefined): string =>
    title === undefined
      ? `${slot}…`
      : `${slot}: ${title.length > 24 ? `${title.slice(0, 23)}…` : title}`;
  return {
    composition: [composition.element],
    comparison: [first.element, second.element],
    draw: ({ compared }) => {
      setText(first.element, label("First", compared.a?.session.title));
      setText(second.element, label("Second", compared.b?.session.title));
    },
  };
}
