import { plural, t } from "../../core/language.ts";
import { getLive, getServer, getSession, modelOf, sessionModel } from "../../core/state/lookup.ts";
import { type ModelRef } from "../../core/state/model.ts";
import { contextUse, ownUsage, treeUsage } from "../../core/state/selectors.ts";
import type { SessionRef } from "../../core/state/session.ts";
import { type SessionState, sessionState } from "../../core/state/sessionState.ts";
import { alsoOn } from "../../core/state/shown.ts";
import type { ServerState, State } from "../../core/state/state.ts";
import { costState } from "../../core/usage/usage.ts";
import {
  cleanTitle,
  formatCount,
  formatDateTime,
  formatDuration,
  formatPercent,
  formatRelativeTime,
  formatTokens,
  spokenAge,
} from "../text/format.ts";
import { escapeMarkdown } from "../documents/markdown.ts";
import { shownPath } from "../text/paths.ts";
import { toolText } from "./runningTool.ts";
import { SEPARATOR } from "./sessionFigures.ts";
import { stateLabel } from "./stateLabel.ts";
import { tokenTable } from "../breakdown/tokenTable.ts";

/** Maximum characters of a line taken from a server. */
const MAX_LINE = 200;

/**
 * Everything known about a session, as Markdown: state, the five kinds of tokens with cost, own and tree
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
    named(t("Context"), contextLine(state, ref)),
    joined(named(t("Model"), model), named(t("Agent"), agent)),
    joined(
      named(t("Messages"), messageCount === undefined ? undefined : formatCount(messageCount)),
      named(t("Sub-sessions"), tree.descendants === 0 ? undefined : formatCount(tree.descendants)),
      named(
        t("To do"),
        todo === undefined || todo.total === 0 ? undefined : `${todo.done}/${todo.total}`,
      ),
    ),
    named(t("Files changed"), changesLine(session.changes)),
    named(t("Created"), timeLine(session.createdMs, nowMs)),
    named(t("Updated"), timeLine(session.updatedMs, nowMs)),
    named(
      t("Archived"),
      session.archivedMs === undefined ? undefined : timeLine(session.archivedMs, nowMs),
    ),
    named(t("Directory"), oneLine(shownPath(session.directory))),
    named(t("Server"), serverLine(server)),
    ...copyLines(state, ref),
  ];

  return [
    `**${escapeMarkdown(cleanTitle(session.title, MAX_LINE))}**`,
    stateLines(state, ref, now, nowMs).join("  \n"),
    tokenTable(ownUsage(state, ref), tree),
    ...costNotes(state, ref),
    lines.filter((line) => line !== undefined).join("  \n"),
    LEGEND,
  ].join("\n\n");
}

/** Explains the symbols in a row. */
const LEGEND = t("● active · ★ pinned · ~ estimate · ≥ at least · – no price · 2/4 to-dos done");

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
  if (requests > 0)
    lines.push(t`${plural(requests, "{0} request", "{0} requests")} waiting for you in this tree`);
  if (now.kind !== "unavailable") {
    for (const tool of live.tools) {
      const { name, title } = toolText(state, serverID, tool);
      const text = title === undefined ? name : `${name}: ${title}`;
      const { startedMs } = tool;
      const duration = startedMs === undefined ? "" : ` (${formatDuration(nowMs - startedMs)})`;
      lines.push(`${escapeMarkdown(cleanTitle(text, MAX_LINE))}${duration}`);
    }
    if (live.queuedPrompts > 0)
      lines.push(t`${plural(live.queuedPrompts, "{0} prompt", "{0} prompts")} queued`);
  }
  return lines;
}

function stateLine(now: SessionState, nowMs: number): string {
  const label = stateLabel(now);
  switch (now.kind) {
    case "idle":
    case "unknown":
      return label;
    case "unavailable":
      return t`${label}: not connected to the server for ${formatDuration(nowMs - now.sinceMs)}. These are the last known figures.`;
    case "error":
      return `${label} ${spokenAge(now.sinceMs, nowMs)}: ${escapeMarkdown(cleanTitle(now.message, MAX_LINE))}`;
    case "retry": {
      const wait = now.nextMs === undefined ? 0 : now.nextMs - nowMs;
      const next = wait > 0 ? t`, next try in ${formatDuration(wait)}` : "";
      return `${label}${next}: ${escapeMarkdown(cleanTitle(now.message, MAX_LINE))}`;
    }
    default:
      return t`${label} for ${formatDuration(nowMs - now.sinceMs)}`;
  }
}

function contextLine(state: State, ref: SessionRef): string | undefined {
  const context = contextUse(state, ref);
  if (context === undefined) return undefined;
  const figure = formatTokens(context.contextTokens);
  const tokens = context.isEstimate ? t`about ${figure}` : figure;
  if (context.percent === undefined) return t`${tokens} tokens`;
  return t`${formatPercent(context.percent)} (${tokens} of ${formatTokens(context.contextLimit ?? 0)} tokens)`;
}

/** A model by its catalogue name, with its variant; by its id if the catalogue no longer has it. */
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

/** Other servers that have the session: those with the same copy, and those whose copy has diverged. */
function copyLines(state: State, ref: SessionRef): readonly (string | undefined)[] {
  const copies = alsoOn(state, ref);
  const names = (hasDiverged: boolean): string =>
    copies
      .filter((copy) => copy.hasDiverged === hasDiverged)
      .map(({ serverID }) => oneLine(getServer(state, serverID)?.endpoint.name ?? serverID))
      .join(", ");
  return [
    named(t("Also on"), names(false)),
    named(t("Another copy, with different figures, on"), names(true)),
  ];
}

function costNotes(state: State, ref: SessionRef): string[] {
  switch (costState(treeUsage(state, ref).usage)) {
    case "recorded":
      return [];
    case "estimated":
      return [
        t(
          "Part of the cost is estimated from the last known list prices, because the server recorded none.",
        ),
      ];
    case "partial":
      return [t("Some tokens have no known price: the actual cost is at least this.")];
    case "unpriced":
      return [t("The server recorded no cost, and no list price of the model is known.")];
  }
}
