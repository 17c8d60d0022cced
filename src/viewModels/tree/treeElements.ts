import type { ServerState, State } from "../../core/state/state.ts";
import type { Session } from "../../core/state/session.ts";

/*
 * Tree elements are strings, so that identity is by value and lasts as long as the thing they name:
 * `server:<serverID>`, `project:<serverID>|<group>`, `cluster:…` for anything in a Kubernetes cluster that
 * isn't a server, or the key of a session.
 */

const SERVER = "server:";
const PROJECT = "project:";
/** Prefix of cluster elements; agents of clusters are servers. */
export const CLUSTER = "cluster:";

export function serverElement(serverID: string): string {
  return `${SERVER}${serverID}`;
}

export function projectElement(serverID: string, group: string): string {
  return `${PROJECT}${serverID}|${group}`;
}

/** What an element represents, going only by its spelling. */
export function elementKind(element: string): "server" | "project" | "cluster" | "session" {
  if (element.startsWith(SERVER)) return "server";
  if (element.startsWith(CLUSTER)) return "cluster";
  return element.startsWith(PROJECT) ? "project" : "session";
}

/** Whether servers have rows: a single server has none. */
export function hasServerRows({ servers, clusters }: State): boolean {
  return servers.size > 1 || clusters.size > 0;
}

/** The server of a server element; undefined for other elements. */
export function serverIDOf(element: string): string | undefined {
  return element.startsWith(SERVER) ? element.slice(SERVER.length) : undefined;
}

/** Server and group of a project element; undefined for other elements or if the server is gone. */
export function parseProjectElement(
  state: State,
  element: string,
): { readonly server: ServerState; readonly group: string } | undefined {
  if (!element.startsWith(PROJECT)) return undefined;
  // Server ids and directories may contain any character, so the known servers decide where the id ends.
  for (const [serverID, server] of state.servers) {
    const prefix = projectElement(serverID, "");
    if (element.startsWith(prefix)) return { server, group: element.slice(prefix.length) };
  }
  return undefined;
}

/** OpenCode's project for all directories without version control. */
const GLOBAL_PROJECT_ID = "global";
const GLOBAL_GROUP = `${GLOBAL_PROJECT_ID}:`;

/** Group of a session: its project, or its directory if it has no project of its own. */
export function groupOf(session: Session): string {
  return session.projectID === GLOBAL_PROJECT_ID
    ? `${GLOBAL_GROUP}${session.directory}`
    : session.projectID;
}

/** Where a group's sessions are: the group's own directory, its project's, or that of one of them. */
export function projectDirectory(server: ServerState, group: string): string | undefined {
  const known = directoryOfGroup(group) ?? server.projects.get(group)?.worktree;
  if (known !== undefined) return known;
  for (const session of server.sessions.values()) {
    if (groupOf(session) === group) return session.directory;
  }
  return undefined;
}

/** Directory of a group without a project; undefined for a project. */
export function directoryOfGroup(group: string): string | undefined {
  return group.startsWith(GLOBAL_GROUP) ? group.slice(GLOBAL_GROUP.length) : undefined;
}
