import { getLive, getSession } from "../core/lookup.ts";
import { contextUse, treeUsage } from "../core/selectors.ts";
import type { SessionRef } from "../core/session.ts";
import { sessionState } from "../core/sessionState.ts";
import type { State } from "../core/state.ts";
import { totalTokens } from "../core/usage.ts";
import { cleanTitle, formatCost, formatRelativeTime, formatTokens, formatUSD } from "./format.ts";
import { escapeMarkdown, withoutIcons } from "./markdown.ts";
import {
  contextText,
  hasUsage,
  plural,
  SEPARATOR,
  spokenAge,
  spokenContext,
  spokenCost,
  spokenTokens,
  tokensText,
} from "./sessionFigures.ts";
import { sessionTooltip } from "./sessionTooltip.ts";
import { stateLabel } from "./stateLabel.ts";

/** Context use from which the item warns, in percent. */
export const CONTEXT_WARNING_PERCENT = 80;

export interface StatusBarContent {
  /** With at most one icon, e.g. `$(loading~spin) $0.23 · 45.2k · 63%`. */
  readonly text: string;
  /** Markdown. */
  readonly tooltip: string;
  readonly accessibilityLabel: string;
  /** Whether the context is nearly full. */
  readonly isWarning: boolean;
}

const ICON_BY_STATE = {
  idle: "comment-discussion",
  working: "loading~spin",
  compacting: "loading~spin",
  waiting_permission: "shield",
  question: "question",
  retry: "sync",
  error: "error",
  unavailable: "debug-disconnect",
} as const;

/**
 * What the status bar says of the active session: cost and tokens of its tree, its context use. Undefined
 * when there is no server: then there is nothing to say.
 */
export function statusBarContent(
  state: State,
  active: SessionRef | undefined,
  nowMs: number,
): StatusBarContent | undefined {
  if (state.servers.size === 0) return undefined;
  const session = active === undefined ? undefined : getSession(state, active);
  if (active === undefined || session === undefined) return withoutSession(state);

  const now = sessionState(state, active);
  const tree = treeUsage(state, active);
  const isStale = now.kind === "unavailable";
  const context = contextUse(state, active);
  const percentText = contextText(context);
  const waitsBelow = !isStale && tree.requests > 0;

  const title = cleanTitle(session.title);
  const words: string[] = [];
  const spoken = [`OpenCode session ${title}`, stateLabel(now).toLowerCase()];
  if (waitsBelow) {
    words.push(`${tree.requests} waiting`);
    spoken.push(`${plural(tree.requests, "request")} waiting for you`);
  }
  if (hasUsage(tree.usage)) {
    const cost = formatCost(tree.usage);
    const tokens = tokensText(tree.usage, tree.isEstimate);
    words.push(cost, tokens);
    spoken.push(spokenCost(cost), spokenTokens(tokens));
  }
  if (percentText !== undefined) {
    words.push(percentText);
    spoken.push(spokenContext(percentText));
  }
  if (isStale) {
    words.push("stale");
    spoken.push(`connection lost ${spokenAge(formatRelativeTime(now.sinceMs, nowMs))}`);
  }
  if (words.length === 0) words.push(withoutIcons(cleanTitle(session.title, 24)));

  const waitsItself = now.kind === "waiting_permission" || now.kind === "question";
  const icon = waitsBelow && !waitsItself ? "bell-dot" : ICON_BY_STATE[now.kind];
  return {
    text: `$(${icon}) ${words.join(SEPARATOR)}`,
    tooltip: tooltip(state, active, nowMs),
    accessibilityLabel: spoken.join(", "),
    isWarning: (context?.percent ?? 0) >= CONTEXT_WARNING_PERCENT,
  };
}

function tooltip(state: State, active: SessionRef, nowMs: number): string {
  const parts = [sessionTooltip(state, active, nowMs) ?? ""];
  const { lastStep } = getLive(state, active);
  if (lastStep !== undefined) {
    const tokens = formatTokens(totalTokens(lastStep.tokens));
    const cost = lastStep.costUSD > 0 ? `, ${formatUSD(lastStep.costUSD)}` : "";
    parts.push(`Last turn: ${tokens} tokens${cost}`);
  }
  parts.push("Click to switch to another session.");
  return parts.join("\n\n");
}

/** Servers, but no session: says how they are, and offers to pick one. */
function withoutSession(state: State): StatusBarContent {
  const servers = [...state.servers.values()];
  const connected = servers.filter(({ connection }) => connection.kind === "connected");
  const wanted = servers.filter(({ connection }) => connection.kind === "unauthorized");
  const connecting = servers.filter(({ connection }) => connection.kind === "connecting");
  let icon = "comment-discussion";
  let status = "no session of this workspace yet";
  if (connected.length === 0) {
    if (wanted.length > 0) {
      icon = "lock";
      status = "a password is wanted";
    } else if (connecting.length > 0) {
      icon = "loading~spin";
      status = "connecting";
    } else {
      icon = "debug-disconnect";
      status = "servers are lost";
    }
  }
  const names = servers.map(({ endpoint }) => escapeMarkdown(cleanTitle(endpoint.name))).join(", ");
  return {
    text: `$(${icon}) OpenCode`,
    tooltip: `OpenCode: ${status}\n\n${names}\n\nClick to switch to a session.`,
    accessibilityLabel: `OpenCode, ${status}`,
    isWarning: false,
  };
}
