import { totalTokens } from "../../src/core/usage.ts";
import type { BreakdownModel } from "../../src/viewModels/breakdown.ts";
import { formatCount, formatRelativeTime, formatTokens } from "../../src/viewModels/format.ts";
import { element, setShown, setText } from "../dom.ts";
import { createButton, createProgressRing } from "../toolkit.ts";

export interface Notices {
  readonly element: HTMLElement;
  draw(model: BreakdownModel, nowMs: number): void;
}

/** What one must know to read the figures right: lost servers, messages that are missing, differences. */
export function createNotices(onReload: () => void): Notices {
  const freshness = createNotice("warning");
  const loading = createNotice("info");
  const ring = createProgressRing("Loading messages");
  const reload = createButton({ label: "Load Again", onClick: onReload });
  loading.element.prepend(ring);
  loading.element.append(reload.element);
  const difference = createNotice("info");
  const children = createNotice("info");
  return {
    element: element(
      "div",
      { class: "notices", role: "status" },
      freshness.element,
      loading.element,
      difference.element,
      children.element,
    ),
    draw: (model, nowMs) => {
      freshness.show(freshnessText(model, nowMs));
      const { error, isComplete } = model.loading;
      const isLive = model.freshness.kind === "live";
      const isLoading = !isComplete && error === undefined && isLive;
      const seen = `${formatCount(model.points.length)} messages`;
      loading.show(
        error !== undefined
          ? `Only ${seen} could be loaded: ${error}`
          : isLoading
            ? `Loading older messages, ${seen} so far`
            : undefined,
      );
      setShown(ring, isLoading);
      setShown(reload.element, error !== undefined);
      difference.show(differenceText(model));
      children.show(
        model.hiddenChildren > 0
          ? `${formatCount(model.hiddenChildren)} more sub-sessions are in the sums and not in the table.`
          : undefined,
      );
    },
  };
}

function createNotice(kind: "info" | "warning"): {
  readonly element: HTMLElement;
  show(text: string | undefined): void;
} {
  const words = element("span", {});
  const notice = element("div", { class: `notice ${kind}`, hidden: true }, words);
  return {
    element: notice,
    show: (text) => {
      setShown(notice, text !== undefined);
      if (text !== undefined) setText(words, text);
    },
  };
}

function freshnessText({ freshness }: BreakdownModel, nowMs: number): string | undefined {
  switch (freshness.kind) {
    case "live":
      return undefined;
    case "connecting":
      return "Connecting to the server. These are the last known figures.";
    case "stale": {
      const age = formatRelativeTime(freshness.sinceMs, nowMs);
      const since = age === "now" ? "just now" : `${age} ago`;
      return `Stale: the server was lost ${since} (${freshness.message}). These are the last known figures; they come back by themselves.`;
    }
    case "unauthorized":
      return `Stale: the server asks for a password (${freshness.message}). These are the last known figures.`;
    case "removed":
      return "The session was deleted on its server. These are its last figures.";
  }
}

function differenceText({ differenceTokens, own }: BreakdownModel): string | undefined {
  if (differenceTokens === undefined || differenceTokens === 0) return undefined;
  const amount = formatTokens(Math.abs(differenceTokens));
  if (differenceTokens > 0) {
    return `The server's total has ${amount} tokens more than these messages: deleted and reverted messages stay billed.`;
  }
  return totalTokens(own.usage.tokens) === 0
    ? "The server keeps no total for this session: the messages alone tell what was used."
    : `These messages hold ${amount} tokens more than the server's total: some were copied from another session.`;
}
