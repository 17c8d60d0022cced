/**
 * Kubernetes clusters in the tree: namespaces, agents with their tasks, cron tasks. Pure.
 */
import {
  agentOfServerID,
  agentServerID,
  clusterKey,
  type ClusterTask,
  namespaceKey,
  type NamespaceState,
  parseClusterKey,
} from "../../core/state/cluster.ts";
import { taskSession, tasksOfServer } from "../../core/state/clusterTasks.ts";
import { rootOf } from "../../core/state/lookup.ts";
import { parseSessionKey, sessionKey } from "../../core/state/session.ts";
import type { State } from "../../core/state/state.ts";
import {
  clusterElement,
  namespaceElement,
  namespaceKeyOf,
  parseClusterElement,
} from "./clusterElements.ts";
import { taskCostUSD, taskFigures } from "./clusterFigures.ts";
import { agentRow, cronTaskRow, namespaceRow, taskRow } from "./clusterRows.ts";
import { agentTooltip, cronTaskTooltip, namespaceTooltip, taskTooltip } from "./clusterTooltips.ts";
import type { TreeBranch, TreeShape } from "../tree/sessionTree.ts";
import { CLUSTER, serverElement } from "../tree/treeElements.ts";

export const clusterBranch: TreeBranch = {
  roots: (state) => [...state.clusters.values()].map(namespaceElement),

  children: (state, shape, element) => {
    const namespace = namespaceOf(state, element);
    if (namespace === undefined) return undefined;
    if (namespaceKeyOf(element) !== undefined) return childrenOfNamespace(state, shape, namespace);
    const ref = parseClusterElement(element);
    switch (ref?.kind) {
      case "agents":
        return childrenOfAgent(state, shape, namespace, ref.name);
      case "tasks": {
        const task = namespace.tasks.get(ref.name);
        const session = task === undefined ? undefined : taskSession(state, namespace, task);
        return session?.kind === "known"
          ? [sessionKey(session.ref.serverID, session.ref.sessionID)]
          : [];
      }
      default:
        return [];
    }
  },

  parent: (state, element) => {
    if (namespaceKeyOf(element) !== undefined) return undefined;
    const ref = parseClusterElement(element);
    if (ref === undefined) return undefined;
    const namespace = state.clusters.get(namespaceKey(ref));
    const agent = ref.kind === "tasks" ? namespace?.tasks.get(ref.name)?.agent : undefined;
    return agent !== undefined && namespace?.agents.has(agent) === true
      ? clusterElement({ ...ref, kind: "agents", name: agent })
      : namespaceElement(ref);
  },

  parentOfSession: (state, { serverID, sessionID }) => {
    const agent = agentOfServerID(serverID);
    if (agent === undefined) return undefined;
    const task = tasksOfServer(state, serverID).get(sessionID);
    return task === undefined
      ? serverElement(serverID)
      : clusterElement({ ...agent, kind: "tasks", name: task.name });
  },

  row: (state, _shape, element, { nowMs }) => {
    const namespace = namespaceOf(state, element);
    if (namespace === undefined) return undefined;
    if (namespaceKeyOf(element) !== undefined) return namespaceRow(namespace, nowMs);
    const ref = parseClusterElement(element);
    if (ref === undefined) return undefined;
    switch (ref.kind) {
      case "agents": {
        const agent = namespace.agents.get(ref.name);
        return agent === undefined ? undefined : agentRow(state, namespace, agent);
      }
      case "tasks": {
        const task = namespace.tasks.get(ref.name);
        return task === undefined ? undefined : taskRow(state, namespace, task, nowMs);
      }
      case "cronTasks": {
        const cronTask = namespace.cronTasks.get(ref.name);
        return cronTask === undefined ? undefined : cronTaskRow(namespace, cronTask, nowMs);
      }
    }
  },

  tooltip: (state, element, nowMs) => {
    const namespace = namespaceOf(state, element);
    if (namespace === undefined) return undefined;
    if (namespaceKeyOf(element) !== undefined) return namespaceTooltip(namespace);
    const ref = parseClusterElement(element);
    const agent = ref?.kind === "agents" ? namespace.agents.get(ref.name) : undefined;
    if (agent !== undefined) return agentTooltip(state, namespace, agent);
    const task = ref?.kind === "tasks" ? namespace.tasks.get(ref.name) : undefined;
    if (task !== undefined) return taskTooltip(state, namespace, task, nowMs);
    const cronTask = ref?.kind === "cronTasks" ? namespace.cronTasks.get(ref.name) : undefined;
    return cronTask === undefined ? undefined : cronTaskTooltip(cronTask);
  },

  touched: (state, { clusters, sessions, servers }) => {
    const elements = new Set<string>();
    for (const key of clusters) {
      const ref = parseClusterKey(key);
      if (ref === undefined) elements.add(`${CLUSTER}namespace:${key}`);
      else {
        elements.add(clusterElement(ref));
        // Agents show how many of their tasks run.
        for (const name of state.clusters.get(namespaceKey(ref))?.agents.keys() ?? []) {
          elements.add(clusterElement({ ...ref, kind: "agents", name }));
        }
      }
    }
    for (const key of sessions) {
      const ref = parseSessionKey(key);
      if (ref === undefined || agentOfServerID(ref.serverID) === undefined) continue;
      const above = clusterBranch.parentOfSession(state, rootOf(state, ref));
      if (above !== undefined) elements.add(above);
    }
    // When a connection comes or goes, so does what is known about the tasks' sessions.
    for (const serverID of servers) {
      const agent = agentOfServerID(serverID);
      const namespace = agent === undefined ? undefined : state.clusters.get(namespaceKey(agent));
      if (agent === undefined || namespace === undefined) continue;
      elements.add(serverElement(serverID));
      for (const task of namespace.tasks.values()) {
        if (task.agent === agent.name) {
          elements.add(clusterElement({ ...agent, kind: "tasks", name: task.name }));
        }
      }
    }
    return [...elements];
  },
};

function namespaceOf(state: State, element: string): NamespaceState | undefined {
  const key = namespaceKeyOf(element);
  if (key !== undefined) return state.clusters.get(key);
  const ref = parseClusterElement(element);
  return ref === undefined ? undefined : state.clusters.get(namespaceKey(ref));
}

/** Agents by name, then cron tasks, then tasks that belong to none of these agents. */
function childrenOfNamespace(
  state: State,
  shape: TreeShape,
  namespace: NamespaceState,
): readonly string[] {
  const { clusterID, agents, cronTasks, tasks } = namespace;
  const at = { clusterID, namespace: namespace.namespace };
  const byName = (names: Iterable<string>): readonly string[] =>
    [...names].sort((a, b) => a.localeCompare(b));
  const matching = (names: Iterable<string>): readonly string[] =>
    byName([...names].filter((name) => matchesFilter(shape, name)));
  const shownAgents = [...agents.keys()].filter(
    (name) =>
      matchesFilter(shape, name) || childrenOfAgent(state, shape, namespace, name).length > 0,
  );
  return [
    ...byName(shownAgents).map((name) => clusterElement({ ...at, kind: "agents", name })),
    ...matching(cronTasks.keys()).map((name) => clusterElement({ ...at, kind: "cronTasks", name })),
    ...taskElements(
      state,
      shape,
      namespace,
      [...tasks.values()].filter(({ agent }) => agent === undefined || !agents.has(agent)),
    ),
  ];
}

/** The agent's tasks, then its other sessions. */
function childrenOfAgent(
  state: State,
  shape: TreeShape,
  namespace: NamespaceState,
  name: string,
): readonly string[] {
  const serverID = agentServerID({ ...namespace, name });
  const ofTasks = tasksOfServer(state, serverID);
  const own = [...namespace.tasks.values()].filter(({ agent }) => agent === name);
  const sessions = (shape.groups.get(serverElement(serverID)) ?? []).filter((key) => {
    const ref = parseSessionKey(key);
    return ref !== undefined && !ofTasks.has(ref.sessionID);
  });
  return [...taskElements(state, shape, namespace, own, matchesFilter(shape, name)), ...sessions];
}

/** Whether a text contains the filter's, or no filter is on. */
function matchesFilter({ options, matches }: TreeShape, text: string): boolean {
  return matches === undefined || text.toLowerCase().includes(options.filter.trim().toLowerCase());
}

/** Tasks that match or have a matching session, in the tree's order: newest, most expensive, or by name. */
function taskElements(
  state: State,
  shape: TreeShape,
  namespace: NamespaceState,
  tasks: readonly ClusterTask[],
  areAllWanted = shape.matches === undefined,
): readonly string[] {
  const { options, matches } = shape;
  const shown = tasks.filter((task) => {
    if (areAllWanted || matchesFilter(shape, `${task.name}\n${task.description}`)) return true;
    const session = taskSession(state, namespace, task);
    if (session.kind !== "known") return false;
    return matches?.shown.get(session.ref.serverID)?.has(session.ref.sessionID) === true;
  });
  return sortTasks(state, namespace, shown, options.sort).map(
    ({ name }) =>
      `${CLUSTER}${clusterKey({ clusterID: namespace.clusterID, namespace: namespace.namespace, kind: "tasks", name })}`,
  );
}

function sortTasks(
  state: State,
  namespace: NamespaceState,
  tasks: readonly ClusterTask[],
  sort: TreeShape["options"]["sort"],
): readonly ClusterTask[] {
  if (sort === "title") return [...tasks].sort((a, b) => a.name.localeCompare(b.name));
  const newest = (a: ClusterTask, b: ClusterTask): number =>
    b.createdMs - a.createdMs || (a.name < b.name ? -1 : 1);
  if (sort === "recent") return [...tasks].sort(newest);
  const values = new Map(
    tasks.map((task) => {
      const figures = taskFigures(state, namespace, task);
      return [task, sort === "cost" ? taskCostUSD(figures) : (figures.tokens ?? 0)];
    }),
  );
  return [...tasks].sort((a, b) => (values.get(b) ?? 0) - (values.get(a) ?? 0) || newest(a, b));
}
