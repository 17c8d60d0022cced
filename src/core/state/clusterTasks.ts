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
 * Which session is whose task. A running task names only its session's title; its id comes with the summary.
 * The title holds the task's own id, and a session that was begun again has the same: the newest counts, as it
 * does for KubeOpenCode itself.
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

/** The name of the task by the title that KubeOpenCode gave its session; undefined for any other title. */
export function taskNameOfTitle(title: string): string | undefined {
  return title.startsWith(TITLE_PREFIX) ? TASK_TITLE.exec(title)?.[1] : undefined;
}

/** What is known of a task's session. `deleted`: the agent's server is there and no longer has it. */
export type TaskSessionState =
  | { readonly kind: "known"; readonly ref: SessionRef }
  | { readonly kind: "deleted" }
  | { readonly kind: "unknown" };

/** The session of a task on its agent's server, where that is connected. */
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

/** The tasks whose sessions are on a server, by session id. Empty for servers that are no agent's. */
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
