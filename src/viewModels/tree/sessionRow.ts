/**
 * One session as a row of the tree. Rows are made when drawn and not kept: at 10,000 sessions that is
 * cheaper than keeping them up to date.
 */
import { plural, t } from "../../core/language.ts";
import {
  DEFAULT_ROW_PARTS,
  DEFAULT_TITLE_LENGTH,
  type RowPartID,
} from "../../core/state/shownParts.ts";
import { getLive, getServer, getSession } from "../../core/state/lookup.ts";
import { type ContextFill, contextUse, treeUsage } from "../../core/state/selectors.ts";
import { type SessionKey, sessionKey, type SessionRef } from "../../core/state/session.ts";
import { type SessionState, sessionState } from "../../core/state/sessionState.ts";
import { hasRunningTurn, type Live, type State } from "../../core/state/state.ts";
import { cleanTitle, formatRelativeTime, spokenAge } from "../text/format.ts";
import { sessionWords } from "./rowWords.ts";
import { runningParts } from "./runningTool.ts";
import {
  contextPart,
  costPart,
  hasUsage,
  type RowPart,
  SEPARATOR,
  tokensPart,
} from "./sessionFigures.ts";
import { type RowIcon, sessionIcon } from "./sessionIcon.ts";
import { stateLabel } from "./stateLabel.ts";

export interface SessionRow {
  readonly key: SessionKey;
  /** The title as one line of plain text. */
  readonly title: string;
  /** The same, short enough to leave room for figures in a side bar. */
  readonly label: string;
  /** Figures of the session and everything below it, e.g. `$0.23 · 1 waiting · 83% · 2m`. */
  readonly description: string;
  readonly icon: RowIcon;
  /** See `TreeRow`. */
  readonly steadyWords?: string;
  /** Words for `when` clauses: see `sessionWords`. */
  readonly contextValue: string;
  /** Title, state and figures in full words, for screen readers. */
  readonly accessibilityLabel: string;
  readonly isActive: boolean;
  /** Shown greyed: archived, or the figures are the last known ones of a lost server. */
  readonly isDimmed: boolean;
}

/** What rows are drawn for: the time, the active session and the user's choices. */
export interface RowContext {
  readonly nowMs: number;
  /** The window's active session. */
  readonly active: SessionRef | undefined;
  /** Ids of pinned sessions; none if left out. */
  readonly pinned?: ReadonlySet<string>;
  /** What rows show, in this order. */
  readonly parts?: readonly RowPartID[];
  /** Characters of a top-level session's title to show beside a short cost, such as `$0.23`; 0 for all. */
  readonly titleLength?: number;
  /** Number of rows above a top-level session's own, which indent it; 0 if left out. */
  readonly depth?: number;
}

/** Context use, in percent, from which a row shows it: below this, there is nothing to do about it. */
export const CONTEXT_SHOWN_PERCENT = 70;

/** Makes the row of a session; undefined if the session is unknown. */
export function sessionRow(
  state: State,
  { serverID, sessionID }: SessionRef,
  {
    nowMs,
    active,
    pinned,
    parts: shown = DEFAULT_ROW_PARTS,
    titleLength = DEFAULT_TITLE_LENGTH,
    depth = 0,
  }: RowContext,
): SessionRow | undefined {
  const server = state.servers.get(serverID);
  const session = server?.sessions.get(sessionID);
  if (server === undefined || session === undefined) return undefined;
  // The maps have these very strings as keys, which avoids comparing characters: faster by half.
  const ref: SessionRef = { serverID: server.endpoint.serverID, sessionID: session.id };
  const live = getLive(state, ref);
  const now = sessionState(state, ref);
  const tree = treeUsage(state, ref);
  const isStale = now.kind === "unavailable";
  const isActive = active?.sessionID === sessionID && active.serverID === serverID;
  const isArchived = session.archivedMs !== undefined;
  const isPinned = pinned?.has(sessionID) === true;
  const title = cleanTitle(session.title);
  const sinceMs = rowTimeMs(now, session);
  const age = formatRelativeTime(sinceMs, nowMs);
  const isChild = session.parentID !== undefined && server.sessions.has(session.parentID);

  const cost = hasUsage(tree.usage) ? costPart(tree) : undefined;

  /** Only called for parts that are shown: most rows leave some out. */
  const partsOf = (id: RowPartID): readonly (RowPart | undefined)[] => {
    switch (id) {
      case "cost":
        return [cost];
      case "tokens":
        return hasUsage(tree.usage) ? [tokensPart(tree)] : [];
      case "state":
        return [
          isStale
            ? fact(t`stale ${age}`, t`connection lost ${spokenAge(sinceMs, nowMs)}`)
            : tree.requests > 0
              ? fact(
                  t`${tree.requests} waiting`,
                  t`${plural(tree.requests, "{0} request", "{0} requests")} waiting for you`,
                )
              : stateMark(now),
          isArchived ? fact(t("archived"), t("archived")) : undefined,
          live.queuedPrompts > 0 && !isStale
            ? fact(
                t`${live.queuedPrompts} queued`,
                t`${plural(live.queuedPrompts, "{0} prompt", "{0} prompts")} queued`,
              )
            : undefined,
        ];
      case "context":
        return live.context === undefined ? [] : [contextThatMatters(contextUse(state, ref))];
      case "todos":
        return [todoPart(live.todo)];
      case "activity":
        return isStale ? [] : activityParts(state, ref, now, { age, sinceMs, nowMs });
    }
  };
  const parts = [only("spoken", `${title}, ${stateLabel(now).toLowerCase()}`)];
  if (isActive) parts.push(only("spoken", t("active session")));
  if (isPinned) parts.push(only("spoken", t("pinned")));
  for (const id of shown) {
    for (const part of partsOf(id)) if (part !== undefined) parts.push(part);
  }
  if (tree.descendants > 0) {
    const count = plural(tree.descendants, "{0} sub-session", "{0} sub-sessions");
    parts.push(only("spoken", t`with ${count}`));
  }

  const key = sessionKey(ref.serverID, ref.sessionID);
  const marks = `${isActive ? "● " : ""}${isPinned ? "★ " : ""}`;
  // An indentation is wider than a character.
  const titleRoom = titleLength - 1.2 * depth - extraWidth(marks + (cost?.text ?? ""));
  return {
    key,
    title,
    label: rowLabel(title, titleLength === 0 ? 0 : isChild ? LABEL_LENGTH : Math.max(4, titleRoom)),
    description: marks + joinParts(parts, "text", SEPARATOR),
    ...(parts.some(({ isEstimate }) => isEstimate) && { steadyWords: marks + steadyWords(parts) }),
    icon: sessionIcon(now, session, tree.requests),
    contextValue: sessionWords({
      kind: now.kind,
      isChild,
      isBusyBelow: tree.working + tree.requests > ownWork(live),
      isEmpty: now.kind === "idle" && session.totals !== undefined && !hasUsage(tree.usage),
      isUncompacted: isUncompacted(state, key),
      hasNoTodos: live.todo?.total === 0,
      hasAddress: server.endpoint.isTunnel !== true,
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
    accessibilityLabel: joinParts(parts, "spoken", ", "),
    isActive,
    isDimmed: isArchived || isStale,
  };
}

/** Whether all of a session's messages are known, and none is a compaction's summary. */
function isUncompacted({ messages }: State, key: SessionKey): boolean {
  // Few sessions are watched, mostly none: not even their keys have to be compared then.
  const known = messages.size === 0 ? undefined : messages.get(key);
  return known?.isComplete === true && !known.messages.some(({ isSummary }) => isSummary);
}

/** What a session itself adds to the work and the requests of its tree. */
function ownWork({ activity, compaction, requests }: Live): number {
  return (hasRunningTurn(activity) || compaction !== undefined ? 1 : 0) + requests.length;
}

function fact(text: string, spoken: string): RowPart {
  return { text, spoken, isEstimate: false };
}

function only(what: "text" | "spoken", words: string): RowPart {
  return what === "text" ? fact(words, "") : fact("", words);
}

function joinParts(parts: readonly RowPart[], what: "text" | "spoken", separator: string): string {
  let joined = "";
  for (const part of parts) {
    if (part[what] === "") continue;
    joined = joined === "" ? part[what] : joined + separator + part[what];
  }
  return joined;
}

/** Letters by which marks and cost are wider than the cost that a title leaves room for. */
function extraWidth(text: string): number {
  let width = -SHORT_COST_LETTERS;
  for (const character of text) width += widthOf(character);
  return Math.max(0, width);
}

function steadyWords(parts: readonly RowPart[]): string {
  const steady = parts.filter(({ isEstimate }) => !isEstimate);
  return `${joinParts(steady, "text", SEPARATOR)}\n${joinParts(steady, "spoken", ", ")}`;
}

/** Characters shown of a title that ends with its agent, and of titles in other views. */
const LABEL_LENGTH = 40;

/**
 * Shortens a title for a row, where VS Code gives the figures only the space the title leaves. The
 * `length` is that of so many average lower-case letters; 0 keeps the whole title. A task called `Find the form (@explore subagent)` becomes `Find the form @explore`.
 */
export function rowLabel(title: string, length = LABEL_LENGTH): string {
  const short = title.endsWith(" subagent)") ? title.replace(TASK_SUFFIX, " @$1") : title;
  if (length === 0 || short.length <= length / 2) return short;
  const fitting = fittingLength(short, length);
  return short.length <= fitting ? short : cleanTitle(short, Math.max(2, fitting));
}

/** How many characters from the start, with an ellipsis unless that is all, take no more space than `length` letters. */
function fittingLength(text: string, length: number): number {
  let room = length;
  let count = 0;
  for (const character of text) {
    room -= widthOf(character);
    if (room < 0) return count;
    count += 1;
  }
  return text.length;
}

/** How wide a character is in usual fonts, in average lower-case letters. */
function widthOf(character: string): number {
  // Most characters are ASCII, and reading their width is faster than a regular expression.
  const width = ASCII_WIDTHS[character.charCodeAt(0)];
  if (width !== undefined) return width;
  if (character < "\u1100") return 1.1;
  return WIDE.test(character) ? 1.85 : 1.6;
}

const ASCII_WIDTHS: readonly number[] = Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (" !'.,:;|ijlI".includes(character)) return 0.55;
  if ('()[]{}"/\\-frt'.includes(character)) return 0.75;
  if ("mMW@%".includes(character)) return 1.75;
  if ("w~".includes(character)) return 1.5;
  return character < "a" || character > "z" ? 1.2 : 1.05;
});

const SHORT_COST_LETTERS = 5.3;

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/;

const TASK_SUFFIX = / \(@([^()\s]+) subagent\)$/;

/** What keeps a session from working as usual. Its label is already spoken. */
function stateMark(now: SessionState): RowPart | undefined {
  switch (now.kind) {
    case "retry":
      return only("text", t`retry ${now.attempt}`);
    case "compacting":
      return only("text", t("compacting"));
    case "error":
      return only("text", t("failed"));
    default:
      return undefined;
  }
}

function contextThatMatters(context: ContextFill | undefined): RowPart | undefined {
  return (context?.percent ?? 0) >= CONTEXT_SHOWN_PERCENT ? contextPart(context) : undefined;
}

function todoPart(todo: Live["todo"]): RowPart | undefined {
  if (todo === undefined || todo.done >= todo.total) return undefined;
  return fact(`${todo.done}/${todo.total}`, t`${todo.done} of ${todo.total} to-dos done`);
}

function activityParts(
  state: State,
  ref: SessionRef,
  now: SessionState,
  {
    age,
    sinceMs,
    nowMs,
  }: { readonly age: string; readonly sinceMs: number; readonly nowMs: number },
): readonly RowPart[] {
  if (now.kind !== "working") return [fact(age, t`last active ${spokenAge(sinceMs, nowMs)}`)];
  const running = runningParts(state, ref.serverID, getLive(state, ref).tools, nowMs);
  return running.length > 0 ? running : [only("text", age)];
}

/** The time whose age a row shows: when the session was lost or started working, else its last activity. */
export function rowTimeMs(now: SessionState, session: { readonly updatedMs: number }): number {
  return now.kind === "unavailable" || now.kind === "working" ? now.sinceMs : session.updatedMs;
}

/** Whether a session's row reads differently than at an earlier time, though nothing has happened. */
export function hasRowAged(state: State, ref: SessionRef, fromMs: number, toMs: number): boolean {
  const session = getSession(state, ref);
  if (session === undefined || getServer(state, ref.serverID) === undefined) return false;
  const ms = rowTimeMs(sessionState(state, ref), session);
  return formatRelativeTime(ms, fromMs) !== formatRelativeTime(ms, toMs);
}
