/**
 * One session as a row of the tree. Rows are made when they are drawn and not kept: at 10,000 sessions
 * that is cheaper than keeping them true.
 */
import { getLive, getServer, getSession } from "../core/lookup.ts";
import { contextUse, treeUsage } from "../core/selectors.ts";
import { type SessionKey, sessionKey, type SessionRef } from "../core/session.ts";
import { type SessionState, sessionState } from "../core/sessionState.ts";
import type { State } from "../core/state.ts";
import { cleanTitle, formatCost, formatRelativeTime } from "./format.ts";
import { sessionWords } from "./rowWords.ts";
import { runningText, withoutRunningTime } from "./runningTool.ts";
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
import { type RowIcon, sessionIcon } from "./sessionIcon.ts";
import { stateLabel } from "./stateLabel.ts";

export interface SessionRow {
  readonly key: SessionKey;
  /** The title as plain text of one line. */
  readonly title: string;
  /** The same, short enough to leave room for figures in a side bar. */
  readonly label: string;
  /** Figures of the session and all below it, e.g. `45.2k · $0.23 · 63% · 2m`. */
  readonly description: string;
  readonly icon: RowIcon;
  /** Words for `when` clauses: see `sessionWords`. */
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
  /** Ids of pinned sessions; none where left out. */
  readonly pinned?: ReadonlySet<string>;
}

/** Makes the row of a session; undefined when the session is not known. */
export function sessionRow(
  state: State,
  { serverID, sessionID }: SessionRef,
  { nowMs, active, pinned }: RowContext,
): SessionRow | undefined {
  const server = state.servers.get(serverID);
  const session = server?.sessions.get(sessionID);
  if (server === undefined || session === undefined) return undefined;
  // These are the very strings the maps have as keys, which spares comparing them: faster by half.
  const ref: SessionRef = { serverID: server.endpoint.serverID, sessionID: session.id };
  const live = getLive(state, ref);
  const now = sessionState(state, ref);
  const tree = treeUsage(state, ref);
  const isStale = now.kind === "unavailable";
  const isActive = active?.sessionID === sessionID && active.serverID === serverID;
  const isArchived = session.archivedMs !== undefined;
  const isPinned = pinned?.has(sessionID) === true;
  const title = cleanTitle(session.title);
  const age = formatRelativeTime(rowTimeMs(now, session), nowMs);

  let shown = "";
  let spoken = `${title}, ${stateLabel(now).toLowerCase()}`;
  if (isActive) spoken += ", active session";
  if (isPinned) spoken += ", pinned";
  if (isStale) {
    shown += `${SEPARATOR}stale ${age}`;
    spoken += `, connection lost ${spokenAge(age)}`;
  } else if (tree.requests > 0) {
    shown += `${SEPARATOR}${tree.requests} waiting`;
    spoken += `, ${plural(tree.requests, "request")} waiting for you`;
  } else {
    const mark = stateMark(now);
    if (mark !== undefined) shown += `${SEPARATOR}${mark}`;
  }
  if (isArchived) {
    shown += `${SEPARATOR}archived`;
    spoken += ", archived";
  }
  if (hasUsage(tree.usage)) {
    const tokens = tokensText(tree.usage, tree.isEstimate);
    const cost = formatCost(tree.usage);
    shown += `${SEPARATOR}${tokens}${SEPARATOR}${cost}`;
    spoken += `, ${spokenTokens(tokens)}, ${spokenCost(cost)}`;
  }
  if (tree.descendants > 0) spoken += `, with ${plural(tree.descendants, "child session")}`;
  const context = live.context === undefined ? undefined : contextText(contextUse(state, ref));
  if (context !== undefined) {
    shown += `${SEPARATOR}${context}`;
    spoken += `, ${spokenContext(context)}`;
  }
  const { todo } = live;
  if (todo !== undefined && todo.done < todo.total) {
    shown += `${SEPARATOR}${todo.done}/${todo.total}`;
    spoken += `, ${todo.done} of ${todo.total} to-dos done`;
  }
  if (live.queuedPrompts > 0 && !isStale) {
    shown += `${SEPARATOR}${live.queuedPrompts} queued`;
    spoken += `, ${plural(live.queuedPrompts, "prompt")} queued`;
  }
  if (now.kind === "working") {
    const tool = runningText(state, serverID, live.tools, nowMs);
    shown += `${SEPARATOR}${tool ?? age}`;
    if (tool !== undefined) spoken += `, running ${withoutRunningTime(tool)}`;
  } else if (!isStale) {
    shown += `${SEPARATOR}${age}`;
    spoken += `, last active ${spokenAge(age)}`;
  }

  const description = shown.slice(SEPARATOR.length);
  return {
    key: sessionKey(ref.serverID, ref.sessionID),
    title,
    label: rowLabel(title),
    description: `${isActive ? "● " : ""}${isPinned ? "★ " : ""}${description}`,
    icon: sessionIcon(now, session, tree.requests),
    contextValue: sessionWords({
      kind: now.kind,
      isChild: session.parentID !== undefined && server.sessions.has(session.parentID),
      isParent: server.children.has(session.id),
      isActive,
      isArchived,
      isShared: session.shareURL !== undefined,
      isReverted: session.revertMessageID !== undefined,
      isConnected: server.connection.kind === "connected",
      hasQueuedPrompts: live.queuedPrompts > 0,
      isWaiting: !isStale && tree.requests > 0,
      isPinned,
      capabilities: server.capabilities,
    }),
    accessibilityLabel: spoken,
    isActive,
    isDimmed: isArchived || isStale,
  };
}

/** Characters of a title in the tree: VS Code gives the figures only the room that the title leaves. */
const LABEL_LENGTH = 40;

/** `Find the form (@explore subagent)`, as OpenCode names its tasks, is as clear as `Find the form @explore`. */
export function rowLabel(title: string): string {
  const short = title.endsWith(" subagent)") ? title.replace(TASK_SUFFIX, " @$1") : title;
  return short.length <= LABEL_LENGTH ? short : cleanTitle(short, LABEL_LENGTH);
}

const TASK_SUFFIX = / \(@([^()\s]+) subagent\)$/;

/** What keeps a session from going on, or from being itself. */
function stateMark(now: SessionState): string | undefined {
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

/** Whether a session's row reads otherwise than at an earlier time, though nothing has happened. */
export function hasRowAged(state: State, ref: SessionRef, fromMs: number, toMs: number): boolean {
  const session = getSession(state, ref);
  if (session === undefined || getServer(state, ref.serverID) === undefined) return false;
  const ms = rowTimeMs(sessionState(state, ref), session);
  return formatRelativeTime(ms, fromMs) !== formatRelativeTime(ms, toMs);
}
