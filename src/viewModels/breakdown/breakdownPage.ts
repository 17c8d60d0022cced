import { plural, t } from "../../core/language.ts";
import { costState, totalTokens, type Usage } from "../../core/usage/usage.ts";
import type { Control } from "../cards/card.ts";
import type { Notice, PageFact, PageHead, Tile } from "../cards/page.ts";
import {
  formatCount,
  formatPercent,
  formatRelativeTime,
  formatTokens,
  UNKNOWN,
} from "../text/format.ts";
import { formatCost, PRICES_HINT } from "../text/money.ts";
import { shownPath } from "../text/paths.ts";
import type { BreakdownModel, Figure, SessionFacts } from "./breakdown.ts";

/** The session's title, state and location, and the way to its parent. */
export function sessionHead(model: SessionFacts, nowMs: number): PageHead {
  const { freshness, stateKind, parent } = model;
  const isStale = freshness.kind === "stale" || freshness.kind === "unauthorized";
  const isRemoved = freshness.kind === "removed";
  return {
    title: model.title,
    badge: isStale ? t("Stale") : isRemoved ? t("Deleted") : model.stateLabel,
    badgeHint: model.stateMessage,
    isBusy: stateKind === "working" || stateKind === "compacting",
    facts: [
      ...namedFact(t("Model"), model.model),
      ...namedFact(t("Agent"), model.agent),
      ...namedFact(t("Server"), model.serverName),
      ...namedFact(t("Directory"), model.directory, shownPath(model.directory)),
      { text: t`updated ${agoText(model.updatedMs, nowMs)}` },
      ...(model.unpricedTokens === 0
        ? []
        : [
            {
              text: t`${formatTokens(model.unpricedTokens)} tokens without a price`,
              hint: PRICES_HINT,
              ask: { type: "openSetting", setting: "usage.prices" },
            } as const,
          ]),
    ],
    controls: [
      ...(parent === undefined
        ? []
        : [
            {
              kind: "button",
              label: t("Open Parent"),
              hint: t`Open parent “${parent.title}”`,
              ask: { type: "openSession", sessionID: parent.sessionID },
            } as const,
          ]),
    ],
  };
}

/** Compacts the session, or says why that is impossible now. */
export function compactControl(
  { freshness, compactRefusal }: SessionFacts,
  look: "secondary" | "icon",
): Control {
  return {
    kind: "button",
    label: t("Compact…"),
    hint: "",
    look,
    refusal: freshness.kind === "removed" ? t("The session has been deleted") : compactRefusal,
    ask: { type: "command", command: "compact" },
  };
}

function namedFact(name: string, value = "", text = value): readonly PageFact[] {
  return value === "" ? [] : [{ text, hint: `${name}: ${value}` }];
}

/** The main figures: cost, tokens, context and messages, own first, with sub-sessions below. */
export function breakdownTiles(model: BreakdownModel): readonly Tile[] {
  const { own, tree } = model;
  const hasChildren = tree.descendants > 0;
  const withChildren = t`with ${plural(tree.descendants, "{0} sub-session", "{0} sub-sessions")}`;
  const compactions = model.compactions.length;
  const ownTokens = totalTokens(own.usage.tokens);
  const treeTokens = totalTokens(tree.usage.tokens);
  return [
    {
      id: "cost",
      label: t("Cost"),
      value: formatCost(own.usage),
      detail: hasChildren ? `${formatCost(tree.usage)} ${withChildren}` : costWords(own.usage),
      hint: `${costWords(own.usage)}${hasChildren ? t`; with sub-sessions: ${costWords(tree.usage)}` : ""}`,
    },
    {
      id: "tokens",
      label: t("Tokens billed"),
      value: tokensText(own),
      detail: hasChildren ? `${tokensText(tree)} ${withChildren}` : t("all five kinds together"),
      hint: t`${formatCount(ownTokens)} tokens; ${formatCount(treeTokens)} with sub-sessions`,
    },
    contextTile(model),
    {
      id: "messages",
      label: t("Messages"),
      value: formatCount(model.points.length),
      detail: [
        plural(model.userMessages, "{0} prompt", "{0} prompts"),
        ...(compactions === 0 ? [] : [plural(compactions, "{0} compaction", "{0} compactions")]),
      ].join(", "),
      hint: t("Answers of the model, one for each step; prompts and compactions below"),
    },
  ];
}

function tokensText({ usage, isEstimate }: Figure): string {
  return `${isEstimate ? "~" : ""}${formatTokens(totalTokens(usage.tokens))}`;
}

/** How reliable a cost is, in words. */
function costWords(usage: Usage): string {
  if (totalTokens(usage.tokens) === 0) return t("nothing billed yet");
  switch (costState(usage)) {
    case "recorded":
      return t("recorded by the server");
    case "estimated":
      return usage.recordedUSD > 0
        ? t("partly estimated from list prices")
        : t("estimated from list prices");
    case "partial":
      return t`${formatTokens(usage.unpricedTokens)} tokens without a price`;
    case "unpriced":
      return t("no price is known");
  }
}

function contextTile({ context }: BreakdownModel): Tile {
  const tile = { id: "context", label: t("Context now") };
  if (context === undefined) {
    const hint = t("No finished answer has reported it yet");
    return { ...tile, value: UNKNOWN, detail: t("available after the next answer"), hint };
  }
  const { contextTokens, contextLimit, percent, isEstimate } = context;
  const mark = isEstimate ? "~" : "";
  const used = `${mark}${formatTokens(contextTokens)}`;
  const hint = t`${formatCount(contextTokens)} tokens in the context`;
  if (percent === undefined || contextLimit === undefined) {
    return { ...tile, value: used, detail: t("limit unknown"), hint };
  }
  return {
    ...tile,
    value: `${mark}${formatPercent(percent)}`,
    detail: t`${used} of ${formatTokens(contextLimit)}`,
    hint: t`${hint} of ${formatCount(contextLimit)}`,
    percent,
  };
}

/** What the user must know to read a conversation: a lost server, messages that aren't loaded. */
export function sessionNotices(facts: SessionFacts, nowMs: number): readonly Notice[] {
  const { error } = facts.loading;
  return [
    ...notice("freshness", "warning", freshnessText(facts, nowMs)),
    ...(error === undefined ? [] : [loadingFailed(t`Not all messages could be loaded: ${error}`)]),
  ];
}

function loadingFailed(text: string): Notice {
  return {
    key: "loading",
    level: "info",
    text,
    action: { kind: "button", label: t("Load Again"), hint: "", ask: { type: "reload" } },
  };
}

/** What the user must know to read the figures right: a lost server, missing messages, differences. */
export function breakdownNotices(model: BreakdownModel, nowMs: number): readonly Notice[] {
  const { loading, freshness, hiddenChildren } = model;
  const seen = plural(model.points.length, "{0} message", "{0} messages");
  const isLoading = !loading.isComplete && freshness.kind === "live";
  return [
    ...notice("freshness", "warning", freshnessText(model, nowMs)),
    ...(loading.error !== undefined
      ? [loadingFailed(t`Only ${seen} could be loaded: ${loading.error}`)]
      : isLoading
        ? [
            {
              key: "loading",
              level: "info",
              text: t`Loading older messages, ${seen} so far`,
              isBusy: true,
            } as const,
          ]
        : []),
    ...notice("difference", "info", differenceText(model)),
    ...notice(
      "children",
      "info",
      hiddenChildren === 0
        ? undefined
        : t`${plural(hiddenChildren, "{0} more sub-session", "{0} more sub-sessions")} not in the table, but included in the totals.`,
    ),
  ];
}

function notice(key: string, level: Notice["level"], text: string | undefined): readonly Notice[] {
  return text === undefined ? [] : [{ key, level, text }];
}

function agoText(ms: number, nowMs: number): string {
  return nowMs - ms < 60_000 ? t("just now") : t`${formatRelativeTime(ms, nowMs)} ago`;
}

function freshnessText({ freshness }: SessionFacts, nowMs: number): string | undefined {
  const last = t("These are the last known figures");
  switch (freshness.kind) {
    case "live":
      return undefined;
    case "connecting":
      return t`Connecting to the server. ${last}.`;
    case "stale": {
      const since = agoText(freshness.sinceMs, nowMs);
      return t`Stale: the connection was lost ${since} (${freshness.message}). ${last}; they update once it is back.`;
    }
    case "unauthorized":
      return t`Stale: the server requires a password (${freshness.message}). ${last}.`;
    case "removed":
      return t("The session was deleted on its server. These are its last figures.");
  }
}

function differenceText({ differenceTokens, own }: BreakdownModel): string | undefined {
  if (differenceTokens === undefined || differenceTokens === 0) return undefined;
  const amount = formatTokens(Math.abs(differenceTokens));
  if (differenceTokens > 0) {
    return t`The server's total is ${amount} tokens higher than these messages: deleted and reverted messages remain billed.`;
  }
  return totalTokens(own.usage.tokens) === 0
    ? t("The server keeps no total for this session: the figures come from its messages only.")
    : t`These messages contain ${amount} tokens more than the server's total: some were copied from another session.`;
}
