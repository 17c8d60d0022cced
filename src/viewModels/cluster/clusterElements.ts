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
 * Elements of clusters: `cluster:namespace:…`, `cluster:tasks:…`, `cluster:cronTasks:…`. An agent is a server, and
 * its element that server's: its sessions stand below it as below any other.
 */

const NAMESPACE = `${CLUSTER}namespace:`;

export function namespaceElement(ref: NamespaceRef): string {
  return `${NAMESPACE}${namespaceKey(ref)}`;
}

export function clusterElement(ref: ClusterRef): string {
  return ref.kind === "agents" ? serverElement(agentServerID(ref)) : `${CLUSTER}${clusterKey(ref)}`;
}

/** The key of a namespace's element; undefined for another's. */
export function namespaceKeyOf(element: string): string | undefined {
  return element.startsWith(NAMESPACE) ? element.slice(NAMESPACE.length) : undefined;
}

/** The object an element stands for: agent, task or cron task. */
export function parseClusterElement(element: string): ClusterRef | undefined {
  const serverID = serverIDOf(element);
  if (serverID !== undefined) return agentOfServerID(serverID);
  return element.startsWith(CLUSTER) ? parseClusterKey(element.slice(CLUSTER.length)) : undefined;
}
