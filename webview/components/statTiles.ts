import { costState, totalTokens, type Usage } from "../../src/core/usage.ts";
import type { BreakdownModel } from "../../src/viewModels/breakdown.ts";
import {
  formatCost,
  formatCount,
  formatPercent,
  formatTokens,
  UNKNOWN,
} from "../../src/viewModels/format.ts";
import { element, setAttribute, setShown, setText } from "../dom.ts";

export interface StatTiles {
  readonly element: HTMLElement;
  draw(model: BreakdownModel): void;
}

interface Tile {
  readonly element: HTMLElement;
  draw(value: string, detail: string, hint: string): void;
}

/** The figures one comes for: cost, tokens, context and messages, own first, with sub-sessions below. */
export function createStatTiles(): StatTiles {
  const cost = createTile("Cost");
  const tokens = createTile("Tokens billed");
  const context = createTile("Context now");
  const messages = createTile("Messages");
  const fill = element("div", { class: "meter-fill" });
  const meter = element("div", { class: "meter", role: "meter", "aria-valuemin": 0 }, fill);
  context.element.append(meter);
  return {
    element: element(
      "div",
      { class: "tiles" },
      cost.element,
      tokens.element,
      context.element,
      messages.element,
    ),
    draw: (model) => {
      const { own, tree } = model;
      const children = tree.descendants;
      const withChildren = `with ${formatCount(children)} sub-session${children === 1 ? "" : "s"}`;
      cost.draw(
        formatCost(own.usage),
        children > 0 ? `${formatCost(tree.usage)} ${withChildren}` : costWords(own.usage),
        `${costWords(own.usage)}${children > 0 ? `; with sub-sessions: ${costWords(tree.usage)}` : ""}`,
      );
      const ownTokens = totalTokens(own.usage.tokens);
      const treeTokens = totalTokens(tree.usage.tokens);
      tokens.draw(
        `${own.isEstimate ? "~" : ""}${formatTokens(ownTokens)}`,
        children > 0
          ? `${tree.isEstimate ? "~" : ""}${formatTokens(treeTokens)} ${withChildren}`
          : "all five kinds together",
        `${formatCount(ownTokens)} tokens; ${formatCount(treeTokens)} with sub-sessions`,
      );
      drawContext(model, context, meter, fill);
      const compactions = model.compactions.length;
      const prompts = `${formatCount(model.userMessages)} from you`;
      messages.draw(
        formatCount(model.points.length),
        compactions === 0
          ? prompts
          : `${prompts}, ${formatCount(compactions)} compaction${compactions === 1 ? "" : "s"}`,
        "Answers of the model, one a step; prompts and compactions below",
      );
    },
  };
}

function createTile(label: string): Tile {
  const value = element("div", { class: "tile-value" });
  const detail = element("div", { class: "tile-detail" });
  const tile = element(
    "section",
    { class: "tile", "aria-label": label },
    element("div", { class: "tile-label" }, label),
    value,
    detail,
  );
  return {
    element: tile,
    draw: (text, details, hint) => {
      setText(value, text);
      setText(detail, details);
      setAttribute(tile, "title", hint);
    },
  };
}

/** How far a cost can be trusted, in words. */
function costWords(usage: Usage): string {
  if (totalTokens(usage.tokens) === 0) return "nothing billed yet";
  switch (costState(usage)) {
    case "recorded":
      return "recorded by the server";
    case "estimated":
      return usage.recordedUSD > 0
        ? "partly estimated from list prices"
        : "estimated from list prices";
    case "partial":
      return `${formatTokens(usage.unpricedTokens)} tokens without a price`;
    case "unpriced":
      return "no price is known";
  }
}

function drawContext(
  { context }: BreakdownModel,
  tile: Tile,
  meter: HTMLElement,
  fill: HTMLElement,
): void {
  setShown(meter, context?.percent !== undefined);
  if (context === undefined) {
    tile.draw(UNKNOWN, "known after the next answer", "No finished answer has told it yet");
    return;
  }
  const mark = context.isEstimate ? "~" : "";
  const used = `${mark}${formatTokens(context.contextTokens)}`;
  const exact = `${formatCount(context.contextTokens)} tokens in the context`;
  if (context.percent === undefined || context.contextLimit === undefined) {
    tile.draw(used, "limit not known", exact);
    return;
  }
  tile.draw(
    `${mark}${formatPercent(context.percent)}`,
    `${used} of ${formatTokens(context.contextLimit)}`,
    `${exact} of ${formatCount(context.contextLimit)}`,
  );
  setAttribute(meter, "aria-label", "Context use");
  setAttribute(meter, "aria-valuemax", 100);
  setAttribute(meter, "aria-valuenow", Math.round(Math.min(100, context.percent)));
  fill.style.width = `${Math.min(100, context.percent)}%`;
  fill.className = `meter-fill${context.percent >= 80 ? " is-high" : ""}`;
}
