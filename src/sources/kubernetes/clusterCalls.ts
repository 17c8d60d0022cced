import type { ClusterAgent, ClusterRef, ClusterTask, NamespaceRef } from "../../core/cluster.ts";
import { ServerError } from "../../core/errors.ts";
import { failed, ok, type Result } from "../../core/result.ts";
import type { ClusterAccess, KubeRequest } from "./clusterAccess.ts";
import type { ScannedNamespace, TaskInput } from "./clusterGateway.ts";
import { toClusterError } from "./kubeErrors.ts";
import { API_ROOT, PLURALS } from "./namespaceWatch.ts";
import { AGENT_LABEL, STOP_ANNOTATION, TRIGGER_ANNOTATION } from "./parseObjects.ts";
import { findPod } from "./pods.ts";
import { fieldsOf, recordsOf, textOf } from "./values.ts";

/** Lines of a log that are shown of what was written before. */
const LOG_TAIL = 2000;

function pathOf({ namespace, kind, name }: ClusterRef): string {
  return `${API_ROOT}/namespaces/${namespace}/${PLURALS[kind]}/${name}`;
}

async function done(access: ClusterAccess, request: KubeRequest): Promise<Result<undefined>> {
  const answer = await access.request(request);
  return answer.ok ? ok(undefined) : answer;
}

/** Lays a JSON merge patch over an object: custom resources take no other kind that is as plain. */
function patch(access: ClusterAccess, ref: ClusterRef, body: unknown): Promise<Result<undefined>> {
  return done(access, {
    method: "PATCH",
    path: pathOf(ref),
    contentType: "application/merge-patch+json",
    body,
  });
}

/** The object KubeOpenCode makes a task of. */
export function taskManifest(namespace: string, input: TaskInput): unknown {
  const { name, description, agent, template, timeout, contexts } = input;
  return {
    apiVersion: "kubeopencode.io/v1alpha1",
    kind: "Task",
    metadata: { name, namespace },
    spec: {
      description,
      ...(agent === undefined ? {} : { agentRef: { name: agent } }),
      ...(template === undefined ? {} : { templateRef: { name: template } }),
      ...(timeout === undefined ? {} : { timeout }),
      ...(contexts.length === 0
        ? {}
        : { contexts: contexts.map((text) => ({ type: "Text", text })) }),
    },
  };
}

/** Creates a task from an object, or from a manifest as it is written. Gives its name. */
export async function create(
  access: ClusterAccess,
  { namespace }: NamespaceRef,
  body: unknown,
): Promise<Result<string>> {
  const answer = await access.request({
    method: "POST",
    path: `${API_ROOT}/namespaces/${namespace}/${PLURALS.tasks}`,
    // The cluster reads YAML, of which JSON is a part.
    contentType: typeof body === "string" ? "application/yaml" : "application/json",
    body,
  });
  if (!answer.ok) return answer;
  const name = textOf(fieldsOf(fieldsOf(answer.value)["metadata"])["name"]);
  return name === undefined
    ? failed(new ServerError("invalidResponse", "the cluster's answer has no name"))
    : ok(name);
}

export function stop(access: ClusterAccess, task: ClusterRef): Promise<Result<undefined>> {
  return patch(access, task, { metadata: { annotations: { [STOP_ANNOTATION]: "true" } } });
}

export function suspend(
  access: ClusterAccess,
  object: ClusterRef,
  isSuspended: boolean,
): Promise<Result<undefined>> {
  return patch(access, object, { spec: { suspend: isSuspended } });
}

export function trigger(access: ClusterAccess, cronTask: ClusterRef): Promise<Result<undefined>> {
  return patch(access, cronTask, { metadata: { annotations: { [TRIGGER_ANNOTATION]: "true" } } });
}

export function remove(access: ClusterAccess, object: ClusterRef): Promise<Result<undefined>> {
  return done(access, { method: "DELETE", path: pathOf(object) });
}

/** Follows the log of a task's pod, or of an agent's. Ends with the container, or with the signal. */
export async function followLogs(
  access: ClusterAccess,
  ref: ClusterRef,
  object: ClusterTask | ClusterAgent | undefined,
  write: (text: string) => void,
  signal: AbortSignal,
): Promise<Result<undefined>> {
  let pod = object !== undefined && "podName" in object ? object.podName : undefined;
  if (ref.kind === "agents") {
    const found = await findPod(access, ref.namespace, `${AGENT_LABEL}=${ref.name}`);
    if (!found.ok) return found;
    pod = found.value;
  }
  if (pod === undefined) {
    return failed(new ServerError("notFound", "it has no pod yet, and so no log"));
  }
  const container = ref.kind === "agents" ? "opencode-server" : "agent";
  const opened = await access.open({
    path: `/api/v1/namespaces/${ref.namespace}/pods/${pod}/log?follow=true&container=${container}&tailLines=${String(LOG_TAIL)}`,
    signal,
  });
  if (!opened.ok) return opened;
  return new Promise((resolve) => {
    const response = opened.value;
    response.setEncoding("utf8");
    response.on("data", write);
    response.once("end", () => {
      resolve(ok(undefined));
    });
    response.once("error", (error) => {
      resolve(signal.aborted ? ok(undefined) : failed(toClusterError(error)));
    });
  });
}

/** Counts agents and tasks by namespace: of the whole cluster, else of each candidate. */
export async function scan(
  access: ClusterAccess,
  candidates: readonly string[],
  signal: AbortSignal,
): Promise<Result<readonly ScannedNamespace[]>> {
  const counts = new Map<string, { agents: number; tasks: number }>();
  const read = async (kind: "agents" | "tasks", namespace?: string) => {
    const at = namespace === undefined ? "" : `/namespaces/${namespace}`;
    const answer = await access.request({
      path: `${API_ROOT}${at}/${PLURALS[kind]}?limit=5000`,
      signal,
    });
    if (!answer.ok) return answer;
    for (const item of recordsOf(fieldsOf(answer.value)["items"])) {
      const name = textOf(fieldsOf(item["metadata"])["namespace"]);
      if (name === undefined) continue;
      const count = counts.get(name) ?? { agents: 0, tasks: 0 };
      count[kind]++;
      counts.set(name, count);
    }
    return ok(undefined);
  };
  const whole = await Promise.all([read("agents"), read("tasks")]);
  const [refusal] = whole.flatMap((each) => (each.ok ? [] : [each.error]));
  if (refusal !== undefined) {
    if (refusal.status === 404) {
      return failed(
        new ServerError("notFound", "KubeOpenCode is not installed here", { status: 404 }),
      );
    }
    // Most people may look at some namespaces only.
    if (refusal.status !== 403) return failed(refusal);
    counts.clear();
    for (const namespace of candidates) {
      await Promise.all([read("agents", namespace), read("tasks", namespace)]);
    }
  }
  return ok(
    [...counts.entries()]
      .map(([namespace, count]) => ({ namespace, ...count }))
      .sort((a, b) => a.namespace.localeCompare(b.namespace)),
  );
}
