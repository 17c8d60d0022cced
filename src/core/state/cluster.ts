/**
 * What runs in Kubernetes clusters, in KubeOpenCode's terms: agents are OpenCode servers in pods, tasks are
 * pieces of work for an agent, cron tasks create tasks on a schedule. Times are in milliseconds since the
 * epoch, by the cluster's clock.
 */
import type { ServerErrorReason } from "../errors.ts";
import type { FileChanges } from "./session.ts";

/** The kinds of watched objects, named like the maps in `NamespaceState`. */
export const CLUSTER_KINDS = ["agents", "tasks", "cronTasks"] as const;
export type ClusterKind = (typeof CLUSTER_KINDS)[number];

/** One object of one cluster. `clusterID` is the context's name in the kubeconfig. */
export interface ClusterRef {
  readonly clusterID: string;
  readonly namespace: string;
  readonly kind: ClusterKind;
  readonly name: string;
}

/** A namespace added by the user. */
export interface NamespaceRef {
  readonly clusterID: string;
  readonly namespace: string;
}

/** State of watching a namespace. `notInstalled`: KubeOpenCode isn't installed in the cluster. */
export type NamespaceWatch =
  | { readonly kind: "connecting" }
  | {
      readonly kind: "connected";
      readonly sinceMs: number;
      readonly problem: NamespaceProblem | undefined;
    }
  | {
      readonly kind: "lost";
      readonly sinceMs: number;
      readonly reason: ServerErrorReason | "forbidden" | "notInstalled";
      readonly message: string;
    };

/** Why a watched namespace is not fully known. `missing`: the cluster has no namespace of this name. */
export interface NamespaceProblem {
  readonly kind: "forbidden" | "missing" | "failed";
  readonly message: string;
}

/** How an agent's server is reached; tried in this order. */
export const TRANSPORTS = ["direct", "portForward", "serviceProxy"] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** The connection path to an agent's server. Absent while nobody needs it. */
export type AgentLink =
  | { readonly kind: "opening" }
  | {
      readonly kind: "open";
      readonly transport: Transport;
      /** Additional information: why better transports are not used, what it means for a password. */
      readonly note: string | undefined;
    }
  | { readonly kind: "failed"; readonly message: string };

export interface NamespaceState {
  readonly clusterID: string;
  readonly namespace: string;
  readonly watch: NamespaceWatch;
  /** Denied permissions, as `verb resource`; undefined until the cluster has answered. */
  readonly denied: ReadonlySet<string> | undefined;
  readonly agents: ReadonlyMap<string, ClusterAgent>;
  readonly tasks: ReadonlyMap<string, ClusterTask>;
  readonly cronTasks: ReadonlyMap<string, ClusterCronTask>;
  /** By the agent's name. */
  readonly links: ReadonlyMap<string, AgentLink>;
}

/** A port of an agent's pod in addition to OpenCode's own. */
export interface ExtraPort {
  readonly name: string;
  readonly port: number;
}

/** At most `maxTaskStarts` tasks may start within any window of `windowMs`. */
export interface TaskQuota {
  readonly maxTaskStarts: number;
  readonly windowMs: number;
}

interface ClusterObject {
  readonly name: string;
  readonly uid: string;
  readonly createdMs: number;
  /** Descriptions of what could not be read from the object; empty if everything could. */
  readonly misread: readonly string[];
}

/** Includes what its template sets, if that may be read. */
export interface ClusterAgent extends ClusterObject {
  readonly template: string | undefined;
  readonly profile: string | undefined;
  /** Address inside the cluster. */
  readonly url: string | undefined;
  readonly serviceName: string;
  readonly port: number;
  readonly extraPorts: readonly ExtraPort[];
  readonly isReady: boolean;
  /** Suspended manually, or by its standby setting. */
  readonly isSuspended: boolean;
  /** Idle time after which it is suspended automatically; undefined if not configured. */
  readonly standbyAfter: string | undefined;
  readonly idleSinceMs: number | undefined;
  readonly maxConcurrentTasks: number | undefined;
  readonly quota: TaskQuota | undefined;
  /** Why it is not ready, if reported. */
  readonly message: string | undefined;
}

/** `Stopped`: KubeOpenCode reports it as completed, but it was stopped or timed out. */
export type TaskPhase = "Pending" | "Queued" | "Running" | "Completed" | "Failed" | "Stopped";

export interface ClusterTask extends ClusterObject {
  readonly phase: TaskPhase;
  /** The reason of the most informative condition, e.g. `AgentAtCapacity`, `Timeout`, `PermissionRequired`. */
  readonly reason: string | undefined;
  readonly message: string | undefined;
  readonly description: string;
  readonly agent: string | undefined;
  /** Template of a task that runs in its own pod, without a server. */
  readonly template: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly startedMs: number | undefined;
  readonly endedMs: number | undefined;
  readonly podName: string | undefined;
  /** The cron task that created it. */
  readonly cronTask: string | undefined;
  readonly session: TaskSession | undefined;
}

/** What the cluster reports about a task's session. While the task runs, only the title is known. */
export interface TaskSession {
  readonly id: string | undefined;
  readonly url: string | undefined;
  readonly title: string | undefined;
  readonly summary: TaskSummary | undefined;
}

/** Figures of the task's own session, without children; absent values are zero. */
export interface TaskSummary {
  readonly messageCount: number;
  readonly costUSD: number;
  readonly totalTokens: number;
  /** The kinds, if the cluster distinguishes them. */
  readonly tokens:
    | {
        readonly input: number;
        readonly output: number;
        readonly reasoning: number;
        readonly cache: number;
      }
    | undefined;
  readonly changes: FileChanges;
}

export interface ClusterCronTask extends ClusterObject {
  readonly schedule: string;
  readonly timeZone: string | undefined;
  readonly isSuspended: boolean;
  readonly active: number;
  readonly lastMs: number | undefined;
  readonly nextMs: number | undefined;
  readonly totalExecutions: number | undefined;
  /** It creates no more tasks while this many exist. */
  readonly maxRetainedTasks: number | undefined;
}

/** Key of a namespace, in change sets and in the tree. */
export function namespaceKey({ clusterID, namespace }: NamespaceRef): string {
  return `${encodeURIComponent(clusterID)}/${namespace}`;
}

const AGENT_SERVER = "kubernetes:";

/** The server ID of an agent's OpenCode server. Context names may contain any character. */
export function agentServerID(ref: NamespaceRef & { readonly name: string }): string {
  return `${AGENT_SERVER}${namespaceKey(ref)}/${ref.name}`;
}

/** Parses a server ID; undefined if it isn't an agent's. */
export function agentOfServerID(serverID: string): ClusterRef | undefined {
  if (!serverID.startsWith(AGENT_SERVER)) return undefined;
  return { ...parseParts(serverID.slice(AGENT_SERVER.length)), kind: "agents" };
}

/** Key of an object, in change sets. */
export function clusterKey(ref: ClusterRef): string {
  return `${ref.kind}:${namespaceKey(ref)}/${ref.name}`;
}

/** Parses a key; undefined if it isn't one. */
export function parseClusterKey(key: string): ClusterRef | undefined {
  const kind = CLUSTER_KINDS.find((each) => key.startsWith(`${each}:`));
  return kind === undefined ? undefined : { ...parseParts(key.slice(kind.length + 1)), kind };
}

function parseParts(text: string): Omit<ClusterRef, "kind"> {
  const [clusterID = "", namespace = "", name = ""] = text.split("/");
  return { clusterID: decodeURIComponent(clusterID), namespace, name };
}
