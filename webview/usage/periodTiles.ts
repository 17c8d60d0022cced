import { totalTokens } from "../../src/core/usage.ts";
import { formatCount, formatTokens } from "../../src/viewModels/format.ts";
import type { UsageModel } from "../../src/viewModels/usage.ts";
import { rangeLabel, USAGE_RANGES, type UsageRange } from "../../src/viewModels/usageChoices.ts";
import { costText } from "../../src/viewModels/usageMoney.ts";
import { element, setAttribute, setShown, setText } from "../dom.ts";

export interface PeriodTiles {
  readonly element: HTMLElement;
  draw(model: UsageModel): void;
}

/** Today, 7 days, 30 days and all: what each cost; a click makes it the one that is looked at. */
export function createPeriodTiles(onRange: (range: UsageRange) => void): PeriodTiles {
  const tiles = USAGE_RANGES.map((range) => {
    const value = element("span", { class: "tile-value" });
    const tokenText = element("span", {});
    const answers = element("span", { class: "tile-answers" });
    const detail = element("span", { class: "tile-detail" }, tokenText, answers);
    const forgotten = element("span", { class: "tile-detail tile-forgotten" });
    const button = element(
      "button",
      { type: "button", class: "tile period", "data-range": range },
      element("span", { class: "tile-label" }, rangeLabel(range)),
      value,
      detail,
      forgotten,
    );
    button.addEventListener("click", () => {
      onRange(range);
    });
    return { range, button, value, tokenText, answers, forgotten };
  });
  return {
    element: element(
      "div",
      { class: "tiles periods", role: "group", "aria-label": "Time" },
      ...tiles.map(({ button }) => button),
    ),
    draw: ({ periods, choices, currency }) => {
      for (const { range, button, value, tokenText, answers, forgotten } of tiles) {
        const sum = periods.find((period) => period.range === range)?.sum;
        if (sum === undefined) continue;
        setAttribute(button, "aria-pressed", String(range === choices.range));
        const { spent, alsoSpent, messages } = sum;
        const tokens = totalTokens(spent.tokens);
        setText(value, costText(spent, currency));
        setText(tokenText, `${formatTokens(tokens)} tokens`);
        setText(answers, ` · ${formatCount(messages)} answer${messages === 1 ? "" : "s"}`);
        const hasForgotten = totalTokens(alsoSpent.tokens) > 0;
        setShown(forgotten, hasForgotten);
        setText(forgotten, `also spent ${costText(alsoSpent, currency)}`);
        const unpriced =
          spent.unpricedTokens > 0
            ? `; ${formatCount(spent.unpricedTokens)} of them without a price`
            : "";
        const also = hasForgotten
          ? `; what the servers have forgotten since cost ${costText(alsoSpent, currency)}`
          : "";
        setAttribute(button, "title", `${formatCount(tokens)} tokens${unpriced}${also}`);
      }
    },
  };
}
