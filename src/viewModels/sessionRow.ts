/**
 * One session as a row of the tree. Rows are made when they are drawn and not kept: at 10,000 sessions
 * that is cheaper than keeping them true.
 */
import { type Capabilities, CAPABILITIES } from "../core/capabilities.ts";
import { getLive, getServer, getSession } from "../core/lookup.ts";
import { contextUse, treeUsage } from "../core/selectors.ts";
import { type SessionKey, sessionKey, type SessionRef } from "../core/session.ts";
import { type SessionState, sessionState } from "../core/sessionState.ts";
import type { State, TreeUsage } from "../core/state.ts";
import { totalTokens } from "../core/usage.ts";
import { cleanTitle, formatPercent, formatRelativeTime, formatTokens } from "./format.ts";
import { contextText, costWords, plural, SEPARATOR, usageTexts } from "./sessionFigures.ts";
import { type RowIcon, sessionIcon } from "./sessionIcon.ts";
import { stateLabel } from "./stateLabel.ts";

export interface SessionRow {
  readonly key: SessionKey;
  /** Plain text of one line. */
  readonly label: string;
  /** Figures of the session and all below it, e.g. `45.2k · $0.23 · 63% · 2m`. */
  readonly description: string;
  readonly icon: RowIcon;
  /** Words for `when` clauses, `viewItem =~ /\bword\b/`: see `contextValueOf`. */
  readonly contextValue: string;
  /** The same in full words, for screen readers. */
  readonly accessibilityLabel: string;
  readonly isActive: boolean;
  /** To be drawn greyed: archived, or the figures are the last known ones of a lost server. */
  readonly isDimmed: boolean;
}

/** Who looks at the rows, and when. */
export interface RowContext {
  readonly nowMs: number;
  /** The window's active session. */
  readonly active: SessionRef | undefined;
}

/** Makes the row of a session; undefined when the session is not known. */
export function sessionRow(
  state: State,
  ref: SessionRef,
  { nowMs, active }: RowContext,
): SessionRow | undefined {
  const server = getServer(state, ref.serverID);
  const session = getSession(state, ref);
  if (server === undefined || session === undefined) return undefined;
  const live = getLive(state, ref);
  const now = sessionState(state, ref);
  const tree = treeUsage(state, ref);
  const isActive = active?.sessionID === ref.sessionID && active.serverID === ref.serverID;
  const isArchived = session.archivedMs !== undefined;
  const context = contextText(state, ref);

  const words = isActive ? ["●"] : [];
  const mark = stateMark(now, tree, nowMs);
  if (mark !== undefined) words.push(mark);
  if (isArchived) words.push("archived");
  words.push(...usageTexts(tree));
  if (context !== undefined) words.push(context);
  if (now.kind !== "unavailable") {
    const tool = now.kind === "working" ? live.tools.at(-1)?.tool : undefined;
    words.push(tool ?? formatRelativeTime(rowTimeMs(now, session), nowMs));
  }

  const label = cleanTitle(session.title);
  return {
    key: sessionKey(ref.serverID, ref.sessionID),
    label,
    description: isActive ? joinAfterMark(words) : words.join(SEPARATOR),
    icon: sessionIcon(now, session, tree.requests),
    contextValue: contextValueOf({
      isChild: session.parentID !== undefined && server.sessions.has(session.parentID),
      isParent: server.children.has(ref.sessionID),
      isActive,
      isArchived,
      isShared: session.shareURL !== undefined,
      isReverted: session.revertMessageID !== undefined,
      isConnected: server.connection.kind === "connected",
      queuedPrompts: live.queuedPrompts,
      kind: now.kind,
      capabilities: server.capabilities,
    }),
    accessibilityLabel: accessibilityLabel(
      state,
      ref,
      label,
      now,
      tree,
      isActive,
      isArchived,
      nowMs,
    ),
    isActive,
    isDimmed: isArchived || now.kind === "unavailable",
  };
}

/** `● 45.2k · $0.23`: the mark belongs to the row, not to the figures. */
function joinAfterMark(words: readonly string[]): string {
  const [mark = "", ...rest] = words;
  return rest.length === 0 ? mark : `${mark} ${rest.join(SEPARATOR)}`;
}

/** What cannot wait to be seen: requests of the session or one below it, or what keeps it from going on. */
function stateMark(now: SessionState, tree: TreeUsage, nowMs: number): string | undefined {
  if (now.kind === "unavailable") return `stale ${formatRelativeTime(now.sinceMs, nowMs)}`;
  if (tree.requests > 0) return `${tree.requests} waiting`;
  switch (now.kind) {
    case "retry":
      return `retry ${now.attempt}`;
    case "compacting":
      return "compacting";
    case "error":
      return "failed";
    default:
      return undefined;
  }
}

/** The time whose age a row shows: since when a session is lost or at work, else its last activity. */
export function rowTimeMs(now: SessionState, session: { readonly updatedMs: number }): number {
  return now.kind === "unavailable" || now.kind === "working" ? now.sinceMs : session.updatedMs;
}

interface RowFacts {
  readonly isChild: boolean;
  readonly isParent: boolean;
  readonly isActive: boolean;
  readonly isArchived: boolean;
  readonly isShared: boolean;
  readonly isReverted: boolean;
  readonly isConnected: boolean;
  readonly queuedPrompts: number;
  readonly kind: SessionState["kind"];
  readonly capabilities: Capabilities;
}

/**
 * `session`, `root` or `child`, the state (`waiting_permission`, ...; `idle` only when nothing is queued
 * either, `failed` beside it after an error), then what is so: `parent`, `active`, `archived`, `shared`,
 * `reverted`, `busy`, `connected`, and `cap-NAME` for each thing the server can do.
 */
function contextValueOf(facts: RowFacts): string {
  const words = ["session", facts.isChild ? "child" : "root"];
  const isRunning = facts.kind !== "idle" && facts.kind !== "error" && facts.kind !== "unavailable";
  const isBusy = isRunning || facts.queuedPrompts > 0;
  if (facts.kind === "error") words.push("failed");
  else if (facts.kind !== "idle") words.push(facts.kind);
  if (isBusy) words.push("busy");
  else if (facts.kind !== "unavailable") words.push("idle");
  if (facts.isParent) words.push("parent");
  if (facts.isActive) words.push("active");
  if (facts.isArchived) words.push("archived");
  if (facts.isShared) words.push("shared");
  if (facts.isReverted) words.push("reverted");
  if (facts.isConnected) words.push("connected");
  return words.join(" ") + capabilityWords(facts.capabilities);
}

const wordsByCapabilities = new WeakMap<Capabilities, string>();

function capabilityWords(capabilities: Capabilities): string {
  let words = wordsByCapabilities.get(capabilities);
  if (words === undefined) {
    words = CAPABILITIES.filter((name) => capabilities.has(name))
      .map((name) => ` cap-${name}`)
      .join("");
    wordsByCapabilities.set(capabilities, words);
  }
  return words;
}

function accessibilityLabel(
  state: State,
  ref: SessionRef,
  label: string,
  now: SessionState,
  tree: TreeUsage,
  isActive: boolean,
  isArchived: boolean,
  nowMs: number,
): string {
  const parts = [label, stateLabel(now).toLowerCase()];
  if (isActive) parts.push("active session");
  if (isArchived) parts.push("archived");
  if (tree.requests > 0) parts.push(`${plural(tree.requests, "request")} waiting for you`);
  const tokens = totalTokens(tree.usage.tokens);
  if (tokens > 0) {
    parts.push(`${tree.isEstimate ? "about " : ""}${spokenTokens(tokens)} tokens`);
    parts.push(costWords(tree.usage));
  }
  if (tree.descendants > 0) parts.push(`with ${plural(tree.descendants, "child session")}`);
  const context = contextUse(state, ref);
  if (context?.percent !== undefined) {
    parts.push(`context ${formatPercent(context.percent).replace("%", " percent")} full`);
  }
  const session = getSession(state, ref);
  if (session !== undefined && now.kind !== "working") {
    parts.push(`last active ${spokenAge(session.updatedMs, nowMs)}`);
  }
  return parts.join(", ");
}

/** `45.2 thousand`: as exact as what is seen, so that both change together. */
function spokenTokens(tokens: number): string {
  return formatTokens(tokens)
    .replace("k", " thousand")
    .replace("M", " million")
    .replace("B", " billion");
}

const UNITS: Readonly<Record<string, string>> = {
  m: "minute",
  h: "hour",
  d: "day",
  mo: "month",
  y: "year",
};

/** `2 minutes ago`, `just now`. */
export function spokenAge(ms: number, nowMs: number): string {
  const text = formatRelativeTime(ms, nowMs);
  const [, count, unit] = /^(\d+)([a-z]+)$/.exec(text) ?? [];
  const word = unit === undefined ? undefined : UNITS[unit];
  return word === undefined ? "just now" : `${plural(Number(count), word)} ago`;
}
