import { plural, t } from "../../core/language.ts";
import { getServer } from "../../core/state/lookup.ts";
import type { ConnectionState, ServerState, State } from "../../core/state/state.ts";
import { cleanTitle, formatDateTime, formatRelativeTime, spokenAge } from "../text/format.ts";
import { escapeMarkdown } from "../documents/markdown.ts";
import { SEPARATOR } from "./sessionFigures.ts";
import type { RowIcon } from "./sessionIcon.ts";
import type { TreeShape } from "./sessionTree.ts";

/** A row of a server or a project. */
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
 * Makes the row of a server. It only shows what changes rarely: redrawing it with every token would redraw
 * everything below it.
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
    contextValue: ["server", connectionWord(connection), endpoint.origin].join(" "),
    accessibilityLabel: [t`Server ${label}`, statusWords(server, nowMs), count]
      .filter((text) => text !== undefined)
      .join(", "),
    isDimmed: connection.kind === "lost",
  };
}

/** The state of a connection as one word, for menus. */
export function connectionWord(connection: ConnectionState): string {
  return connection.kind === "unauthorized" && connection.needs === "plainHTTP"
    ? "unencrypted"
    : connection.kind;
}

/** When an earlier window read the sessions of a server that hasn't answered in this one yet: `as of 14:05`. */
function asOf({ version, snapshotMs }: ServerState, nowMs: number): string | undefined {
  if (version !== undefined || snapshotMs === undefined) return undefined;
  const [day, time] = formatDateTime(snapshotMs).split(" ");
  const clock = time?.slice(0, 5) ?? "";
  return formatDateTime(nowMs).startsWith(`${day ?? ""} `)
    ? t`as of ${clock}`
    : t`as of ${day ?? ""} ${clock}`;
}

function statusText(server: ServerState, nowMs: number): string | undefined {
  const { connection } = server;
  const kept = asOf(server, nowMs);
  switch (connection.kind) {
    case "connected":
      return undefined;
    case "connecting":
      return kept ?? t("connecting");
    case "lost":
      return kept === undefined
        ? t`connection lost ${formatRelativeTime(connection.sinceMs, nowMs)}`
        : t`not reachable${SEPARATOR}${kept}`;
    case "unauthorized":
      return connection.needs === "plainHTTP" ? t("not encrypted") : t("password required");
  }
}

function statusWords(server: ServerState, nowMs: number): string {
  const { connection } = server;
  const kept = asOf(server, nowMs);
  switch (connection.kind) {
    case "connected":
      return t("connected");
    case "connecting":
      return kept === undefined ? t("connecting") : t`connecting, ${kept}`;
    case "lost":
      if (kept !== undefined) return t`not reachable, ${kept}`;
      return t`connection lost ${spokenAge(connection.sinceMs, nowMs)}`;
    case "unauthorized":
      return connection.needs === "plainHTTP"
        ? t("not connected, because the connection is not encrypted")
        : t("a password is required");
  }
}

/** Number of root sessions in the tree, or that another server shows them, if two serve one database. */
function sessionCount(shape: TreeShape, server: ServerState): string | undefined {
  if (server.snapshotMs === undefined) return undefined;
  const { serverID } = server.endpoint;
  if (shape.hiddenTwins.has(serverID)) return t("same sessions as another server");
  return plural(shape.order.get(serverID)?.length ?? 0, "{0} session", "{0} sessions");
}

export function serverTooltip(state: State, serverID: string, nowMs: number): string | undefined {
  const server = getServer(state, serverID);
  if (server === undefined) return undefined;
  const { connection, endpoint, generation, version, hostname } = server;
  const lines = [`**${escapeMarkdown(cleanTitle(endpoint.name))}**`];
  if (endpoint.isTunnel !== true) lines.push(escapeMarkdown(endpoint.url));
  if (version !== undefined) {
    lines.push(escapeMarkdown(t`${generation ?? "OpenCode"}, version ${version}`));
  }
  if (hostname !== undefined) lines.push(t`Machine: ${escapeMarkdown(hostname)}`);
  lines.push(t`Found by: ${ORIGINS[endpoint.origin]}`);
  if (connection.kind === "lost" || connection.kind === "unauthorized") {
    lines.push(`${capitalised(statusWords(server, nowMs))}: ${escapeMarkdown(connection.message)}`);
  } else {
    lines.push(capitalised(statusWords(server, nowMs)));
  }
  return lines.join("  \n");
}

const ORIGINS = {
  settings: t("your settings"),
  local: t("discovery on this machine"),
  managed: t("started by this extension"),
  demo: t("the demo, which stops with this window"),
  kubernetes: "Kubernetes",
} as const;

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
