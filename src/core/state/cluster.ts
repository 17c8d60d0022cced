/**
 * What runs in Kubernetes clusters, in KubeOpenCode's words: agents are OpenCode servers in pods, tasks are
 * pieces of work for one of them, cron tasks make tasks by the clock. Times are in milliseconds since the
 * epoch, by the cluster's clock.
 */
import type { ServerErrorReason } from "../errors.ts";
import type { FileChanges } from "./session.ts";

/** The kinds of objects that are watched, as the lists of a namespace are called. */
export const CLUSTER_KINDS = ["agents", "tasks", "cronTasks"] as const;
export type ClusterKind = (typeof CLUSTER_KINDS)[number];

/** One object of one cluster. `clusterID` is the context's name in the kubeconfig. */
export interface ClusterRef {
  readonly clusterID: string;
  readonly namespace: string;
  readonly kind: ClusterKind;
  readonly name: string;
}

/** A namespace a person has added. */
export interface NamespaceRef {
  readonly clusterID: string;
  readonly namespace: string;
}

/** Where watching a namespace stands. `notInstalled`: the cluster does not know KubeOpenCode. */
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

/** Why a namespace that is watched is not wholly known. `missing`: the cluster has no namespace of this name. */
export interface NamespaceProblem {
  readonly kind: "forbidden" | "missing" | "failed";
  readonly message: string;
}

/** How an agent's server is reached; tried in this order. */
export const TRANSPORTS = ["direct", "portForward", "serviceProxy"] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** The way to an agent's server. None while nobody wants it. */
export type AgentLink =
  | { readonly kind: "opening" }
  | {
      readonly kind: "open";
      readonly transport: Transport;
      /** What else has to be known: why better transports are not used, what it means for a password. */
      readonly note: string | undefined;
    }
  | { readonly kind: "failed"; readonly message: string };

export interface NamespaceState {
  readonly clusterID: string;
  readonly namespace: string;
  readonly watch: NamespaceWatch;
  /** What may not be done here, as `verb resource`; undefined until the cluster was asked. */
  readonly denied: ReadonlySet<string> | undefined;
  readonly agents: ReadonlyMap<string, ClusterAgent>;
  readonly tasks: ReadonlyMap<string, ClusterTask>;
  readonly cronTasks: ReadonlyMap<string, ClusterCronTask>;
  /** By the agent's name. */
  readonly links: ReadonlyMap<string, AgentLink>;
}

/** A port of an agent's pod beside OpenCode's own. */
export interface ExtraPort {
  readonly name: string;
  readonly port: number;
}

/** So many tasks may begin within any window of this length. */
export interface TaskQuota {
  readonly maxTaskStarts: number;
  readonly windowMs: number;
}

interface ClusterObject {
  readonly name: string;
  readonly uid: string;
  readonly createdMs: number;
  /** What of the object could not be read, in words; empty for a sound one. */
  readonly misread: readonly string[];
}

/** With what its template sets, where that may be read. */
export interface ClusterAgent extends ClusterObject {
  readonly template: string | undefined;
  readonly profile: string | undefined;
  /** Address inside the cluster. */
  readonly url: string | undefined;
  readonly serviceName: string;
  readonly port: number;
  readonly extraPorts: readonly ExtraPort[];
  readonly isReady: boolean;
  /** Switched off by a person, or by its standby. */
  readonly isSuspended: boolean;
  /** Suspended by itself after so long without work; undefined where that is not set up. */
  readonly standbyAfter: string | undefined;
  readonly idleSinceMs: number | undefined;
  readonly maxConcurrentTasks: number | undefined;
  readonly quota: TaskQuota | undefined;
  /** Why it is not ready, where it says so. */
  readonly message: string | undefined;
}

/** `Stopped`: KubeOpenCode calls it completed, but somebody or a timeout ended it. */
export type TaskPhase = "Pending" | "Queued" | "Running" | "Completed" | "Failed" | "Stopped";

export interface ClusterTask extends ClusterObject {
  readonly phase: TaskPhase;
  /** The reason of the condition that says most, e.g. `AgentAtCapacity`, `Timeout`, `PermissionRequired`. */
  readonly reason: string | undefined;
  readonly message: string | undefined;
  readonly description: string;
  readonly agent: string | undefined;
  /** Runs in a pod of its own, without a server. */
  readonly template: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly startedMs: number | undefined;
  readonly endedMs: number | undefined;
  readonly podName: string | undefined;
  /** The cron task that made it. */
  readonly cronTask: string | undefined;
  readonly session: TaskSession | undefined;
}

/** What the cluster says of a task's session. While it runs only the title is known. */
export interface TaskSession {
  readonly id: string | undefined;
  readonly url: string | undefined;
  readonly title: string | undefined;
  readonly summary: TaskSummary | undefined;
}

/** Figures of the task's own session, without children; what is absent is zero. */
export interface TaskSummary {
  readonly messageCount: number;
  readonly costUSD: number;
  readonly totalTokens: number;
  /** The kinds, where the cluster tells them apart. */
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
  /** With so many tasks there it makes no more. */
  readonly maxRetainedTasks: number | undefined;
}

/** Key of a namespace, in a set of what changed and in the tree. */
export function namespaceKey({ clusterID, namespace }: NamespaceRef): string {
  return `${encodeURIComponent(clusterID)}/${namespace}`;
}

const AGENT_SERVER = "kubernetes:";

/** The server id of an agent's OpenCode server. Names of contexts may hold any character. */
export function agentServerID(ref: NamespaceRef & { readonly name: string }): string {
  return `${AGENT_SERVER}${namespaceKey(ref)}/${ref.name}`;
}

/** Reads a server id back; undefined when it is no agent's. */
export function agentOfServerID(serverID: string): ClusterRef | undefined {
  if (!serverID.startsWith(AGENT_SERVER)) return undefined;
  return { ...parseParts(serverID.slice(AGENT_SERVER.length)), kind: "agents" };
}

/** Key of an object, in a set of what changed. */
export function clusterKey(ref: ClusterRef): string {
  return `${ref.kind}:${namespaceKey(ref)}/${ref.name}`;
}

/** Reads a key back; undefined when it is none. */
export function parseClusterKey(key: string): ClusterRef | undefined {
  const kind = CLUSTER_KINDS.find((each) => key.startsWith(`${each}:`));
  return kind === undefined ? undefined : { ...parseParts(key.slice(kind.length + 1)), kind };
}

function parseParts(text: string): Omit<ClusterRef, "kind"> {
  const [clusterID = "", namespace = "", name = ""] = text.split("/");
  return { clusterID: decodeURIComponent(clusterID), namespace, name };
}
