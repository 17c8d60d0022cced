import { getServer } from "../core/lookup.ts";
import type { ServerState, State } from "../core/state.ts";
import { cleanTitle, formatRelativeTime } from "./format.ts";
import { escapeMarkdown } from "./markdown.ts";
import { plural, SEPARATOR, spokenAge } from "./sessionFigures.ts";
import type { RowIcon } from "./sessionIcon.ts";
import type { TreeShape } from "./sessionTree.ts";

/** A row that is no session: a server or a project. */
export interface GroupRow {
  readonly label: string;
  readonly description: string;
  readonly icon: RowIcon;
  readonly contextValue: string;
  readonly accessibilityLabel: string;
  readonly isDimmed: boolean;
}

const ICONS: Readonly<Record<ServerState["connection"]["kind"], RowIcon>> = {
  connecting: { id: "loading~spin", color: undefined },
  connected: { id: "server", color: undefined },
  lost: { id: "debug-disconnect", color: "disabledForeground" },
  unauthorized: { id: "lock", color: "problemsWarningIcon.foreground" },
};

/**
 * Makes the row of a server. It shows what changes rarely: a row that moves with every token would have
 * all that is below it drawn again.
 */
export function serverRow(
  state: State,
  shape: TreeShape,
  serverID: string,
  nowMs: number,
): GroupRow | undefined {
  const server = getServer(state, serverID);
  if (server === undefined) return undefined;
  const { connection, endpoint } = server;
  const label = cleanTitle(endpoint.name);
  const count = connection.kind === "unauthorized" ? undefined : sessionCount(shape, server);
  const status = statusText(server, nowMs);
  return {
    label,
    description: [status, count].filter((text) => text !== undefined).join(SEPARATOR),
    icon: ICONS[connection.kind],
    contextValue: ["server", connection.kind, endpoint.origin].join(" "),
    accessibilityLabel: [`Server ${label}`, statusWords(server, nowMs), count]
      .filter((text) => text !== undefined)
      .join(", "),
    isDimmed: connection.kind === "lost",
  };
}

function statusText({ connection }: ServerState, nowMs: number): string | undefined {
  switch (connection.kind) {
    case "connected":
      return undefined;
    case "connecting":
      return "connecting";
    case "lost":
      return `lost ${formatRelativeTime(connection.sinceMs, nowMs)}`;
    case "unauthorized":
      return "password wanted";
  }
}

function statusWords({ connection }: ServerState, nowMs: number): string {
  switch (connection.kind) {
    case "connected":
      return "connected";
    case "connecting":
      return "connecting";
    case "lost":
      return `lost ${spokenAge(formatRelativeTime(connection.sinceMs, nowMs))}`;
    case "unauthorized":
      return "a password is wanted";
  }
}

/** Number of root sessions in the tree; or that another server shows them, where two serve one database. */
function sessionCount(shape: TreeShape, server: ServerState): string | undefined {
  if (server.snapshotMs === undefined) return undefined;
  const { serverID } = server.endpoint;
  if (shape.hiddenTwins.has(serverID)) return "same sessions as another server";
  return plural(shape.order.get(serverID)?.length ?? 0, "session");
}

/** What is known of a server, as Markdown. */
export function serverTooltip(state: State, serverID: string, nowMs: number): string | undefined {
  const server = getServer(state, serverID);
  if (server === undefined) return undefined;
  const { connection, endpoint, generation, version, hostname } = server;
  const lines = [`**${escapeMarkdown(cleanTitle(endpoint.name))}**`];
  lines.push(escapeMarkdown(endpoint.url));
  if (version !== undefined) {
    lines.push(escapeMarkdown([generation ?? "OpenCode", version].join(", version ")));
  }
  if (hostname !== undefined) lines.push(`Machine: ${escapeMarkdown(hostname)}`);
  lines.push(`Found by: ${ORIGINS[endpoint.origin]}`);
  if (connection.kind === "lost" || connection.kind === "unauthorized") {
    lines.push(`${capitalised(statusWords(server, nowMs))}: ${escapeMarkdown(connection.message)}`);
  } else {
    lines.push(capitalised(statusWords(server, nowMs)));
  }
  return lines.join("  \n");
}

const ORIGINS = {
  settings: "your settings",
  local: "looking on this machine",
  managed: "started by this extension",
  kubernetes: "Kubernetes",
} as const;

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
