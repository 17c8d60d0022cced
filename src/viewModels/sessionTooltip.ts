import { getLive, getServer, getSession, modelOf, sessionModel } from "../core/lookup.ts";
import { type ModelRef } from "../core/model.ts";
import { contextUse, ownUsage, treeUsage } from "../core/selectors.ts";
import type { SessionRef } from "../core/session.ts";
import { type SessionState, sessionState } from "../core/sessionState.ts";
import { alsoOn } from "../core/shown.ts";
import type { ServerState, State } from "../core/state.ts";
import { costState } from "../core/usage.ts";
import {
  cleanTitle,
  formatCount,
  formatDateTime,
  formatDuration,
  formatPercent,
  formatRelativeTime,
  formatTokens,
} from "./format.ts";
import { escapeMarkdown } from "./markdown.ts";
import { toolText } from "./runningTool.ts";
import { plural, SEPARATOR, spokenAge } from "./sessionFigures.ts";
import { stateLabel } from "./stateLabel.ts";
import { tokenTable } from "./tokenTable.ts";

/** Longest text of one line taken over from a server. */
const MAX_LINE = 200;

/**
 * All that is known of a session, as Markdown: state, the five kinds of tokens with cost, own and tree
 * side by side, and the facts. Text from servers is escaped. Undefined for an unknown session.
 */
export function sessionTooltip(state: State, ref: SessionRef, nowMs: number): string | undefined {
  const server = getServer(state, ref.serverID);
  const session = getSession(state, ref);
  if (server === undefined || session === undefined) return undefined;
  const live = getLive(state, ref);
  const now = sessionState(state, ref);
  const tree = treeUsage(state, ref);

  const model = modelName(state, ref.serverID, sessionModel(state, ref));
  const agent = oneLine(live.agent ?? session.agent);
  const { todo, messageCount } = live;
  const lines: (string | undefined)[] = [
    named("Context", contextLine(state, ref)),
    joined(named("Model", model), named("Agent", agent)),
    joined(
      named("Messages", messageCount === undefined ? undefined : formatCount(messageCount)),
      named("Children", tree.descendants === 0 ? undefined : formatCount(tree.descendants)),
      named(
        "To do",
        todo === undefined || todo.total === 0 ? undefined : `${todo.done}/${todo.total}`,
      ),
    ),
    named("Files changed", changesLine(session.changes)),
    named("Created", timeLine(session.createdMs, nowMs)),
    named("Updated", timeLine(session.updatedMs, nowMs)),
    named(
      "Archived",
      session.archivedMs === undefined ? undefined : timeLine(session.archivedMs, nowMs),
    ),
    named("Directory", oneLine(session.directory)),
    named("Server", serverLine(server)),
    ...copyLines(state, ref),
  ];

  return [
    `**${escapeMarkdown(cleanTitle(session.title, MAX_LINE))}**`,
    stateLines(state, ref, now, nowMs).join("  \n"),
    tokenTable(ownUsage(state, ref), tree),
    ...costNotes(state, ref),
    lines.filter((line) => line !== undefined).join("  \n"),
  ].join("\n\n");
}

function named(name: string, value: string | undefined): string | undefined {
  return value === undefined || value === "" ? undefined : `${name}: ${value}`;
}

function joined(...texts: readonly (string | undefined)[]): string | undefined {
  const known = texts.filter((text) => text !== undefined);
  return known.length === 0 ? undefined : known.join(SEPARATOR);
}

function oneLine(text: string | undefined): string | undefined {
  return text === undefined || text === "" ? undefined : escapeMarkdown(cleanTitle(text, MAX_LINE));
}

function stateLines(
  state: State,
  { serverID, sessionID }: SessionRef,
  now: SessionState,
  nowMs: number,
): string[] {
  const ref = { serverID, sessionID };
  const live = getLive(state, ref);
  const { requests } = treeUsage(state, ref);
  const lines = [stateLine(now, nowMs)];
  if (requests > 0) lines.push(`${plural(requests, "request")} waiting for you in this tree`);
  if (now.kind !== "unavailable") {
    for (const tool of live.tools) {
      const { name, title } = toolText(state, serverID, tool);
      const text = title === undefined ? name : `${name}: ${title}`;
      const { startedMs } = tool;
      const duration = startedMs === undefined ? "" : ` (${formatDuration(nowMs - startedMs)})`;
      lines.push(`${escapeMarkdown(cleanTitle(text, MAX_LINE))}${duration}`);
    }
    if (live.queuedPrompts > 0) lines.push(`${plural(live.queuedPrompts, "prompt")} queued`);
  }
  return lines;
}

function stateLine(now: SessionState, nowMs: number): string {
  const label = stateLabel(now);
  switch (now.kind) {
    case "idle":
      return label;
    case "unavailable":
      return `${label}: not connected to the server for ${formatDuration(nowMs - now.sinceMs)}. These are the last known figures.`;
    case "error":
      return `${label} ${spokenAge(formatRelativeTime(now.sinceMs, nowMs))}: ${escapeMarkdown(cleanTitle(now.message, MAX_LINE))}`;
    case "retry": {
      const wait = now.nextMs === undefined ? 0 : now.nextMs - nowMs;
      const next = wait > 0 ? `, next try in ${formatDuration(wait)}` : "";
      return `${label}${next}: ${escapeMarkdown(cleanTitle(now.message, MAX_LINE))}`;
    }
    default:
      return `${label} for ${formatDuration(nowMs - now.sinceMs)}`;
  }
}

function contextLine(state: State, ref: SessionRef): string | undefined {
  const context = contextUse(state, ref);
  if (context === undefined) return undefined;
  const tokens = `${context.isEstimate ? "about " : ""}${formatTokens(context.contextTokens)}`;
  if (context.percent === undefined) return `${tokens} tokens`;
  return `${formatPercent(context.percent)} (${tokens} of ${formatTokens(context.contextLimit ?? 0)} tokens)`;
}

/** A model by its name in the catalogue, with its variant; by its id where the catalogue lost it. */
export function modelName(
  state: State,
  serverID: string,
  ref: ModelRef | undefined,
): string | undefined {
  if (ref === undefined) return undefined;
  const name = modelOf(state, serverID, ref)?.name ?? `${ref.providerID}/${ref.modelID}`;
  return oneLine(ref.variant === undefined ? name : `${name} (${ref.variant})`);
}

function changesLine(
  changes:
    { readonly files: number; readonly additions: number; readonly deletions: number } | undefined,
): string | undefined {
  if (changes === undefined || changes.files === 0) return undefined;
  return `${formatCount(changes.files)} (+${formatCount(changes.additions)} −${formatCount(changes.deletions)})`;
}

function timeLine(ms: number, nowMs: number): string {
  return `${formatDateTime(ms)} (${formatRelativeTime(ms, nowMs)})`;
}

function serverLine(server: ServerState): string | undefined {
  const { name, url } = server.endpoint;
  const parts = [oneLine(name)];
  if (server.hostname !== undefined && server.hostname !== name)
    parts.push(oneLine(server.hostname));
  if (url !== name) parts.push(oneLine(url));
  return parts.filter((part) => part !== undefined).join(", ");
}

/** Other servers that have the session: those it stands for as well, and those where it went on apart. */
function copyLines(state: State, ref: SessionRef): readonly (string | undefined)[] {
  const copies = alsoOn(state, ref);
  const names = (hasDiverged: boolean): string =>
    copies
      .filter((copy) => copy.hasDiverged === hasDiverged)
      .map(({ serverID }) => oneLine(getServer(state, serverID)?.endpoint.name ?? serverID))
      .join(", ");
  return [
    named("Also on", names(false)),
    named("Another copy, with other figures, on", names(true)),
  ];
}

function costNotes(state: State, ref: SessionRef): string[] {
  switch (costState(treeUsage(state, ref).usage)) {
    case "recorded":
      return [];
    case "estimated":
      return ["The cost is estimated from list prices: the server recorded none for a part of it."];
    case "partial":
      return ["A part of the tokens has no known price: the cost is at least this."];
    case "unpriced":
      return ["The server recorded no cost and the model has no list price."];
  }
}
