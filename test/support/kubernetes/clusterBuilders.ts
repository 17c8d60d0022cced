import type { Action } from "../../../src/core/state/actions.ts";
import {
  type ClusterAgent,
  type ClusterCronTask,
  type ClusterTask,
  type TaskSummary,
} from "../../../src/core/state/cluster.ts";
import { minutesAgo } from "../seed/builders.ts";

/** The namespace used by test states. */
export const DEV = { clusterID: "kind", namespace: "dev" } as const;

export function aTask(name: string, overrides: Partial<ClusterTask> = {}): ClusterTask {
  return {
    name,
    uid: `${name}-uid-1234567`,
    createdMs: minutesAgo(10),
    misread: [],
    phase: "Pending",
    reason: undefined,
    message: undefined,
    description: `Do ${name}`,
    agent: "coder",
    template: undefined,
    timeoutMs: undefined,
    startedMs: undefined,
    endedMs: undefined,
    podName: undefined,
    cronTask: undefined,
    session: undefined,
    ...overrides,
  };
}

export function anAgent(name: string, overrides: Partial<ClusterAgent> = {}): ClusterAgent {
  return {
    name,
    uid: `${name}-uid`,
    createdMs: minutesAgo(600),
    misread: [],
    template: undefined,
    profile: undefined,
    url: `http://${name}.dev.svc.cluster.local:4096`,
    serviceName: name,
    port: 4096,
    extraPorts: [],
    isReady: true,
    isSuspended: false,
    standbyAfter: undefined,
    idleSinceMs: undefined,
    maxConcurrentTasks: undefined,
    quota: undefined,
    message: undefined,
    ...overrides,
  };
}

export function aCronTask(name: string, overrides: Partial<ClusterCronTask> = {}): ClusterCronTask {
  return {
    name,
    uid: `${name}-uid`,
    createdMs: minutesAgo(600),
    misread: [],
    schedule: "0 3 * * *",
    timeZone: undefined,
    isSuspended: false,
    active: 0,
    lastMs: undefined,
    nextMs: undefined,
    totalExecutions: undefined,
    maxRetainedTasks: undefined,
    ...overrides,
  };
}

export function aSummary(overrides: Partial<TaskSummary> = {}): TaskSummary {
  return {
    messageCount: 4,
    costUSD: 0.23,
    totalTokens: 45_000,
    tokens: undefined,
    changes: { files: 0, additions: 0, deletions: 0 },
    ...overrides,
  };
}

/** The namespace containing these objects. */
export function aNamespace(objects: {
  readonly agents?: readonly ClusterAgent[];
  readonly tasks?: readonly ClusterTask[];
  readonly cronTasks?: readonly ClusterCronTask[];
}): readonly Action[] {
  const { agents = [], tasks = [], cronTasks = [] } = objects;
  return [
    { type: "namespace.found", ...DEV },
    {
      type: "namespace.changed",
      ...DEV,
      changes: {
        watch: { kind: "connected", sinceMs: minutesAgo(5), problem: undefined },
        denied: new Set<string>(),
      },
    },
    { type: "clusterObjects.listed", ...DEV, kind: "agents", objects: agents },
    { type: "clusterObjects.listed", ...DEV, kind: "tasks", objects: tasks },
    { type: "clusterObjects.listed", ...DEV, kind: "cronTasks", objects: cronTasks },
  ];
}
