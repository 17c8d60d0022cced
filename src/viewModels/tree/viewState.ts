import { connectionWord } from "./serverRow.ts";
import type { ServerState, State } from "../../core/state/state.ts";

/** Why the tree is empty, or `sessions` if it isn't. The manifest's welcome texts refer to these words. */
export const VIEW_STATES = [
  "searching",
  "noServer",
  "connecting",
  "unauthorized",
  "unencrypted",
  "lost",
  "unsupported",
  "noSessions",
  "filtered",
  "otherProjects",
  "onlyArchived",
  "sessions",
] as const;

export type ViewState = (typeof VIEW_STATES)[number];

/** What the tree shows, and what its options leave out. */
export interface ShownRows {
  /** Whether every source has reported its findings once. */
  readonly hasSearched: boolean;
  /** Rows at the root. */
  readonly rootRows: number;
  readonly isFiltered: boolean;
  readonly isWorkspaceOnly: boolean;
}

/**
 * The tree's state in one word. With several servers, each has its own row, so the tree isn't empty; with
 * one, its connection decides.
 */
export function viewStateOf(state: State, rows: ShownRows): ViewState {
  if (rows.rootRows > 0) return "sessions";
  const servers = [...state.servers.values()];
  const hasSessions = servers.some((server) => server.sessions.size > 0);
  if (rows.isFiltered && (hasSessions || state.clusters.size > 0)) return "filtered";
  if (servers.length === 0) return rows.hasSearched ? "noServer" : "searching";
  if (hasSessions) return rows.isWorkspaceOnly ? "otherProjects" : "onlyArchived";
  const kinds = new Set(servers.map((server) => connectionWord(server.connection)));
  if (kinds.has("connected")) return "noSessions";
  if (kinds.has("unauthorized")) return "unauthorized";
  if (kinds.has("unencrypted")) return "unencrypted";
  if (kinds.has("connecting")) return "connecting";
  return servers.every(isNoServer) ? "unsupported" : "lost";
}

/** Whether something else answers at a server's address. */
function isNoServer({ connection }: ServerState): boolean {
  return connection.kind === "lost" && connection.reason === "unsupported";
}
