import { formatCount } from "../../src/viewModels/format.ts";
import type { UsageModel } from "../../src/viewModels/usage.ts";
import { usageTable } from "../../src/viewModels/usageTables.ts";
import { element, setShown, setText } from "../dom.ts";
import { createButton } from "../toolkit.ts";
import { usageText } from "./measures.ts";
import { createTableView } from "./tableView.ts";
import type { UsageActions } from "./usageActions.ts";

export interface DrillCard {
  readonly element: HTMLElement;
  draw(model: UsageModel): void;
}

/** The sessions behind a bar, a cell or a row that was clicked. */
export function createDrillCard(actions: UsageActions): DrillCard {
  const title = element("h2", { id: "usage-sessions", tabindex: -1 });
  const subtitle = element("span", { class: "card-subtitle" });
  const hidden = element("p", { class: "card-notes" });
  const table = createTableView(actions);
  const card = element(
    "section",
    {
      class: "card columns-6 card-sessions",
      "aria-labelledby": "usage-sessions",
      "data-chart": "sessions",
      hidden: true,
    },
    element(
      "header",
      { class: "card-header" },
      title,
      subtitle,
      element("span", { class: "spacer" }),
      createButton({
        label: "Copy",
        hint: "Copy the sessions as CSV",
        appearance: "icon",
        onClick: () => {
          actions.ask({ type: "copy", format: "csv", table: "sessions" });
        },
      }).element,
      createButton({
        label: "CSV…",
        hint: "Save the sessions as a CSV file",
        appearance: "icon",
        onClick: () => {
          actions.ask({ type: "export", format: "csv", table: "sessions" });
        },
      }).element,
      createButton({
        label: "Close",
        hint: "Close the list of sessions",
        appearance: "icon",
        onClick: () => {
          actions.onDrill(undefined);
        },
      }).element,
    ),
    element("div", { class: "card-body" }, table.element, hidden),
  );
  let shownFor = "";
  let isFirst = true;
  return {
    element: card,
    draw: (model) => {
      const { drilled } = model;
      const isRestored = isFirst;
      isFirst = false;
      setShown(card, drilled !== undefined);
      if (drilled === undefined) {
        shownFor = "";
        return;
      }
      setText(title, `Sessions: ${drilled.drill.title}`);
      setText(
        subtitle,
        `${formatCount(drilled.sessions.length + drilled.hidden)} · ${usageText(drilled.sum.spent, model.currency)}`,
      );
      setShown(hidden, drilled.hidden > 0);
      setText(hidden, `${formatCount(drilled.hidden)} cheaper sessions are in the sum only.`);
      table.draw(usageTable(model, "sessions"));
      const wanted = JSON.stringify(drilled.drill);
      if (wanted === shownFor) return;
      shownFor = wanted;
      // It belongs below what was clicked; the grid fills the gap that this may leave.
      const origin = card.parentElement?.querySelector(`[data-chart="${drilled.drill.chart}"]`);
      origin?.after(card);
      // A page that is made anew must not take the focus from where a person works now.
      if (isRestored) return;
      card.scrollIntoView({ block: "nearest" });
      title.focus({ preventScroll: true });
    },
  };
}
