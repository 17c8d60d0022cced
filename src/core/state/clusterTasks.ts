import {
  agentOfServerID,
  agentServerID,
  type ClusterTask,
  type NamespaceRef,
  namespaceKey,
} from "./cluster.ts";
import type { Session, SessionRef } from "./session.ts";
import type { ServerState, State } from "./state.ts";

/*
 * Maps sessions to tasks. A running task only has its session's title; the session's ID comes with the summary.
 * The title contains the task's own ID, and a restarted session has the same title: the newest one counts, as in
 * KubeOpenCode itself.
 */

const byTitle = new WeakMap<ServerState["sessions"], ReadonlyMap<string, Session>>();
const TITLE_PREFIX = "kubeopencode/";

function titles({ sessions }: ServerState): ReadonlyMap<string, Session> {
  let known = byTitle.get(sessions);
  if (known !== undefined) return known;
  const found = new Map<string, Session>();
  for (const session of sessions.values()) {
    if (!session.title.startsWith(TITLE_PREFIX) || session.parentID !== undefined) continue;
    const other = found.get(session.title);
    if (other === undefined || other.createdMs < session.createdMs) {
      found.set(session.title, session);
    }
  }
  known = found;
  byTitle.set(sessions, known);
  return known;
}

/** The title KubeOpenCode gives a task's session. */
export function taskTitle(namespace: string, { name, uid, session }: ClusterTask): string {
  return session?.title ?? `${TITLE_PREFIX}${namespace}/${name}/${uid.slice(0, 8)}`;
}

const TASK_TITLE = /^kubeopencode\/[^/\s]+\/([^/\s]+)\/[\da-f]{1,8}$/;

/** The task's name, parsed from the title KubeOpenCode gave its session; undefined for any other title. */
export function taskNameOfTitle(title: string): string | undefined {
  return title.startsWith(TITLE_PREFIX) ? TASK_TITLE.exec(title)?.[1] : undefined;
}

/** What is known about a task's session. `deleted`: the agent's server is connected and no longer has it. */
export type TaskSessionState =
  | { readonly kind: "known"; readonly ref: SessionRef }
  | { readonly kind: "deleted" }
  | { readonly kind: "unknown" };

/** The session of a task on its agent's server, if that is known. */
export function taskSession(
  state: State,
  { clusterID, namespace }: NamespaceRef,
  task: ClusterTask,
): TaskSessionState {
  if (task.agent === undefined) return { kind: "unknown" };
  const serverID = agentServerID({ clusterID, namespace, name: task.agent });
  const server = state.servers.get(serverID);
  if (server?.snapshotMs === undefined) return { kind: "unknown" };
  const id = task.session?.id;
  const found =
    id !== undefined && server.sessions.has(id)
      ? id
      : titles(server).get(taskTitle(namespace, task))?.id;
  if (found !== undefined) return { kind: "known", ref: { serverID, sessionID: found } };
  return id !== undefined && server.connection.kind === "connected"
    ? { kind: "deleted" }
    : { kind: "unknown" };
}

const bySession = new WeakMap<
  ServerState["sessions"],
  { readonly tasks: unknown; readonly found: ReadonlyMap<string, ClusterTask> }
>();

/** The tasks whose sessions are on a server, by session ID. Empty unless the server belongs to an agent. */
export function tasksOfServer(state: State, serverID: string): ReadonlyMap<string, ClusterTask> {
  const agent = agentOfServerID(serverID);
  const namespace = agent === undefined ? undefined : state.clusters.get(namespaceKey(agent));
  const server = state.servers.get(serverID);
  if (agent === undefined || namespace === undefined || server === undefined) return new Map();
  const known = bySession.get(server.sessions);
  if (known?.tasks === namespace.tasks) return known.found;
  const found = new Map<string, ClusterTask>();
  for (const task of namespace.tasks.values()) {
    if (task.agent !== agent.name) continue;
    const session = taskSession(state, namespace, task);
    if (session.kind === "known") found.set(session.ref.sessionID, task);
  }
  bySession.set(server.sessions, { tasks: namespace.tasks, found });
  return found;
}
