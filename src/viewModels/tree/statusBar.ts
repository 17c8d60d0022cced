import { plural, t } from "../../core/language.ts";
import { iconText } from "../../core/plainText.ts";
import { getLive, getSession } from "../../core/state/lookup.ts";
import { contextUse, treeUsage } from "../../core/state/selectors.ts";
import type { SessionRef } from "../../core/state/session.ts";
import { DEFAULT_STATUS_BAR_PARTS, type StatusBarPartID } from "../../core/state/shownParts.ts";
import { sessionState } from "../../core/state/sessionState.ts";
import type { State } from "../../core/state/state.ts";
import { totalTokens } from "../../core/usage/usage.ts";
import { cleanTitle, formatTokens, spokenAge } from "../text/format.ts";
import { shownMoney } from "../text/money.ts";
import { escapeMarkdown } from "../documents/markdown.ts";
import { contextPart, costPart, hasUsage, SEPARATOR, tokensPart } from "./sessionFigures.ts";
import { sessionTooltip } from "./sessionTooltip.ts";
import { stateLabel } from "./stateLabel.ts";
import { connectionWord } from "./serverRow.ts";

/** Context use, in percent, from which the item warns. */
export const CONTEXT_WARNING_PERCENT = 80;

export interface StatusBarContent {
  /** With at most one icon, e.g. `$(loading~spin) $0.23 · 45.2k · 63%`. */
  readonly text: string;
  /** Markdown. */
  readonly tooltip: string;
  readonly accessibilityLabel: string;
  readonly isWarning: boolean;
}

const ICON_BY_STATE = {
  idle: "comment-discussion",
  unknown: "comment-discussion",
  working: "loading~spin",
  compacting: "loading~spin",
  waiting_permission: "shield",
  question: "question",
  retry: "sync",
  error: "error",
  unavailable: "debug-disconnect",
} as const;

/** Maximum title length next to the figures. */
const TITLE_LENGTH = 24;

/**
 * Status bar content for the active session: cost of its tree, context use and title, in the order of
 * `shown`. Undefined if there is no server, and thus nothing to show.
 */
export function statusBarContent(
  state: State,
  active: SessionRef | undefined,
  nowMs: number,
  shown: readonly StatusBarPartID[] = DEFAULT_STATUS_BAR_PARTS,
): StatusBarContent | undefined {
  if (state.servers.size === 0) return undefined;
  const session = active === undefined ? undefined : getSession(state, active);
  if (active === undefined || session === undefined) return withoutSession(state);

  const now = sessionState(state, active);
  const tree = treeUsage(state, active);
  const isStale = now.kind === "unavailable";
  const context = contextUse(state, active);
  const waitsBelow = !isStale && tree.requests > 0;

  const title = cleanTitle(session.title);
  const words: string[] = [];
  const spoken = [t`OpenCode session ${title}`, stateLabel(now).toLowerCase()];
  if (waitsBelow) {
    words.push(t`${tree.requests} waiting`);
    spoken.push(t`${plural(tree.requests, "{0} request", "{0} requests")} waiting for you`);
  }
  const figures = {
    cost: hasUsage(tree.usage) ? costPart(tree) : undefined,
    tokens: hasUsage(tree.usage) ? tokensPart(tree) : undefined,
    context: contextPart(context),
    title: { text: cleanTitle(session.title, TITLE_LENGTH), spoken: "" },
  };
  for (const id of shown) {
    const part = figures[id];
    if (part === undefined) continue;
    words.push(part.text);
    if (part.spoken !== "") spoken.push(part.spoken);
  }
  if (isStale) {
    words.push(t("stale"));
    spoken.push(t`connection lost ${spokenAge(now.sinceMs, nowMs)}`);
  }
  if (words.length === 0) words.push(figures.title.text);

  const isWaiting = now.kind === "waiting_permission" || now.kind === "question";
  const icon = waitsBelow && !isWaiting ? "bell-dot" : ICON_BY_STATE[now.kind];
  return {
    text: iconText(icon, words.join(SEPARATOR)),
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
    const cost = lastStep.costUSD > 0 ? `, ${shownMoney(lastStep.costUSD)}` : "";
    parts.push(t`Last step: ${tokens} tokens${cost}`);
  }
  parts.push(t("Click to switch to another session."));
  return parts.join("\n\n");
}

/** For servers without a session: shows their connection state and offers to pick a session. */
function withoutSession(state: State): StatusBarContent {
  const servers = [...state.servers.values()];
  const connected = servers.filter(({ connection }) => connection.kind === "connected");
  const wanted = servers.filter(({ connection }) => connection.kind === "unauthorized");
  const connecting = servers.filter(({ connection }) => connection.kind === "connecting");
  let icon = "comment-discussion";
  let status = t("no session in this workspace yet");
  if (connected.length === 0) {
    if (wanted.length > 0) {
      icon = "lock";
      const needsPassword = wanted.some(
        ({ connection }) => connectionWord(connection) === "unauthorized",
      );
      status = needsPassword ? t("a password is required") : t("a connection is not encrypted");
    } else if (connecting.length > 0) {
      icon = "loading~spin";
      status = t("connecting");
    } else {
      icon = "debug-disconnect";
      status = t("disconnected from all servers");
    }
  }
  const names = servers.map(({ endpoint }) => escapeMarkdown(cleanTitle(endpoint.name))).join(", ");
  return {
    text: iconText(icon, "OpenCode"),
    tooltip: t`OpenCode: ${status}\n\n${names}\n\nClick to switch to a session.`,
    accessibilityLabel: t`OpenCode, ${status}`,
    isWarning: false,
  };
}
