import type { ServerState, State } from "../../core/state/state.ts";
import type { Session } from "../../core/state/session.ts";

/*
 * Elements of the tree are strings, so that identity is by value and lasts as long as the thing it names:
 * `server:<serverID>`, `project:<serverID>|<group>`, `cluster:…` for what is in a Kubernetes cluster but no server,
 * or the key of a session.
 */

const SERVER = "server:";
const PROJECT = "project:";
/** Begins the elements of clusters; agents of clusters are servers. */
export const CLUSTER = "cluster:";

export function serverElement(serverID: string): string {
  return `${SERVER}${serverID}`;
}

export function projectElement(serverID: string, group: string): string {
  return `${PROJECT}${serverID}|${group}`;
}

/** What an element stands for, by its spelling alone. */
export function elementKind(element: string): "server" | "project" | "cluster" | "session" {
  if (element.startsWith(SERVER)) return "server";
  if (element.startsWith(CLUSTER)) return "cluster";
  return element.startsWith(PROJECT) ? "project" : "session";
}

/** Whether servers have rows: one alone goes without. */
export function hasServerRows({ servers, clusters }: State): boolean {
  return servers.size > 1 || clusters.size > 0;
}

/** The server of a server element; undefined when it is none. */
export function serverIDOf(element: string): string | undefined {
  return element.startsWith(SERVER) ? element.slice(SERVER.length) : undefined;
}

/** Server and group of a project element; undefined when it is none or its server is gone. */
export function parseProjectElement(
  state: State,
  element: string,
): { readonly server: ServerState; readonly group: string } | undefined {
  if (!element.startsWith(PROJECT)) return undefined;
  // Server ids and directories may hold any character, so the known servers decide where the id ends.
  for (const [serverID, server] of state.servers) {
    const prefix = projectElement(serverID, "");
    if (element.startsWith(prefix)) return { server, group: element.slice(prefix.length) };
  }
  return undefined;
}

/** OpenCode's project of all directories without version control. */
const GLOBAL_PROJECT_ID = "global";
const GLOBAL_GROUP = `${GLOBAL_PROJECT_ID}:`;

/** Group of a session: its project, or its directory where it has no project of its own. */
export function groupOf(session: Session): string {
  return session.projectID === GLOBAL_PROJECT_ID
    ? `${GLOBAL_GROUP}${session.directory}`
    : session.projectID;
}

/** Where the sessions of a group are: its own directory, its project's, else that of one of them. */
export function projectDirectory(server: ServerState, group: string): string | undefined {
  const known = directoryOfGroup(group) ?? server.projects.get(group)?.worktree;
  if (known !== undefined) return known;
  for (const session of server.sessions.values()) {
    if (groupOf(session) === group) return session.directory;
  }
  return undefined;
}

/** Directory of a group that is one; undefined for a project. */
export function directoryOfGroup(group: string): string | undefined {
  return group.startsWith(GLOBAL_GROUP) ? group.slice(GLOBAL_GROUP.length) : undefined;
}
