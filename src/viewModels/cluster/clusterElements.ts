import {
  agentOfServerID,
  agentServerID,
  clusterKey,
  type ClusterRef,
  type NamespaceRef,
  namespaceKey,
  parseClusterKey,
} from "../../core/state/cluster.ts";
import { CLUSTER, serverElement, serverIDOf } from "../tree/treeElements.ts";

/*
 * Elements of clusters: `cluster:namespace:…`, `cluster:tasks:…`, `cluster:cronTasks:…`. An agent is a server
 * and uses that server's element: its sessions are below it as with any other server.
 */

const NAMESPACE = `${CLUSTER}namespace:`;

export function namespaceElement(ref: NamespaceRef): string {
  return `${NAMESPACE}${namespaceKey(ref)}`;
}

export function clusterElement(ref: ClusterRef): string {
  return ref.kind === "agents" ? serverElement(agentServerID(ref)) : `${CLUSTER}${clusterKey(ref)}`;
}

/** The key of a namespace's element; undefined for other elements. */
export function namespaceKeyOf(element: string): string | undefined {
  return element.startsWith(NAMESPACE) ? element.slice(NAMESPACE.length) : undefined;
}

/** The object an element represents: agent, task or cron task. */
export function parseClusterElement(element: string): ClusterRef | undefined {
  const serverID = serverIDOf(element);
  if (serverID !== undefined) return agentOfServerID(serverID);
  return element.startsWith(CLUSTER) ? parseClusterKey(element.slice(CLUSTER.length)) : undefined;
}
