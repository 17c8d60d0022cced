import { t } from "../../core/language.ts";
import type {
  ClusterAgent,
  ClusterRef,
  ClusterTask,
  NamespaceRef,
} from "../../core/state/cluster.ts";
import { ServerError } from "../../core/errors.ts";
import { formatMegabytes, MAX_FOLLOWED_BYTES, MAX_SCANNED_PAGES } from "../../core/limits.ts";
import { failed, ok, type Result } from "../../core/result.ts";
import type { ClusterAccess } from "./clusterAccess.ts";
import type { ScanResult, TaskInput } from "./clusterGateway.ts";
import { toClusterError } from "./kubeErrors.ts";
import { API_ROOT, PLURALS } from "./namespaceWatch.ts";
import { AGENT_LABEL } from "./parseObjects.ts";
import { findPod } from "./pods.ts";
import { fieldsOf, nameOf, objectNameOf, recordsOf, textOf } from "./values.ts";

/** Lines of existing log output that are shown. */
const LOG_TAIL = 2000;
const SCAN_PAGE = 1000;

function pathOf({ namespace, kind, name }: ClusterRef): string {
  return `${API_ROOT}/namespaces/${namespace}/${PLURALS[kind]}/${name}`;
}

/** Applies a JSON merge patch to an object: the simplest kind of patch that custom resources accept. */
export async function patch(
  access: ClusterAccess,
  ref: ClusterRef,
  body: unknown,
): Promise<Result<undefined>> {
  const answer = await access.request({
    method: "PATCH",
    path: pathOf(ref),
    headers: { "content-type": "application/merge-patch+json" },
    body,
  });
  return answer.ok ? ok(undefined) : answer;
}

/** Sets an annotation on an object. */
export function annotate(
  access: ClusterAccess,
  ref: ClusterRef,
  name: string,
  value = "true",
): Promise<Result<undefined>> {
  return patch(access, ref, { metadata: { annotations: { [name]: value } } });
}

export async function remove(access: ClusterAccess, ref: ClusterRef): Promise<Result<undefined>> {
  const answer = await access.request({ method: "DELETE", path: pathOf(ref) });
  return answer.ok ? ok(undefined) : answer;
}

/** The object KubeOpenCode creates a task from. */
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

/** Creates a task from an object, or from a manifest as written. Returns its name. */
export async function create(
  access: ClusterAccess,
  { namespace }: NamespaceRef,
  body: unknown,
): Promise<Result<string>> {
  const answer = await access.request({
    method: "POST",
    // Without it, fields unknown to the cluster are silently dropped.
    path: `${API_ROOT}/namespaces/${namespace}/${PLURALS.tasks}?fieldValidation=Strict`,
    // The cluster reads YAML, a superset of JSON.
    headers: { "content-type": typeof body === "string" ? "application/yaml" : "application/json" },
    body,
  });
  if (!answer.ok) return answer;
  const name = nameOf(fieldsOf(answer.value));
  return name === undefined
    ? failed(new ServerError("invalidResponse", t("the cluster's answer has no name")))
    : ok(name);
}

/**
 * Creates the tasks of a YAML or JSON manifest, one document after another. Returns their names; an error
 * says which document it is about, and what was created before it.
 */
export async function createAll(
  access: ClusterAccess,
  at: NamespaceRef,
  manifest: string,
): Promise<Result<readonly string[]>> {
  // Such a line separates documents wherever it appears, even inside a block of text.
  const documents = manifest
    .split(/^---(?=\s|$)/m)
    .filter((text) => text.split("\n").some((line) => /^\s*[^\s#%]/.test(line)));
  if (documents.length === 0)
    return failed(new ServerError("rejected", t("the manifest is empty")));
  const names: string[] = [];
  for (const document of documents) {
    const created = await create(access, at, document);
    if (created.ok) names.push(created.value);
    else if (documents.length === 1) return created;
    else {
      const { reason, message, status } = created.error;
      const place = t`document ${String(names.length + 1)} of ${String(documents.length)}`;
      const before = names.length === 0 ? t("nothing was") : t`${names.join(", ")} had been`;
      return failed(
        new ServerError(reason, t`${place}: ${message} (${before} created)`, { status }),
      );
    }
  }
  return ok(names);
}

/**
 * Follows the log of a task's or an agent's pod. Ends with the container, when the signal aborts, or at a limit: whoever
 * shows the log keeps it.
 */
export async function followLogs(
  access: ClusterAccess,
  ref: ClusterRef,
  object: ClusterTask | ClusterAgent | undefined,
  write: (text: string) => void,
  signal: AbortSignal,
): Promise<Result<undefined>> {
  let pod = object !== undefined && "podName" in object ? object.podName : undefined;
  if (ref.kind === "agents") {
    const found = await findPod(access, ref.namespace, `${AGENT_LABEL}=${ref.name}`, signal);
    if (!found.ok) return signal.aborted ? ok(undefined) : found;
    pod = found.value;
  }
  if (pod === undefined) {
    return failed(new ServerError("notFound", t("it has no pod yet, and so no log")));
  }
  const container = ref.kind === "agents" ? "opencode-server" : "agent";
  const opened = await access.open({
    path: `/api/v1/namespaces/${ref.namespace}/pods/${pod}/log?follow=true&container=${container}&tailLines=${String(LOG_TAIL)}`,
    signal,
  });
  if (!opened.ok) return signal.aborted ? ok(undefined) : opened;
  return new Promise((resolve) => {
    const response = opened.value;
    response.setEncoding("utf8");
    let left = MAX_FOLLOWED_BYTES;
    response.on("data", (text: string) => {
      left -= Buffer.byteLength(text);
      if (left >= 0) {
        write(text);
        return;
      }
      const limit = formatMegabytes(MAX_FOLLOWED_BYTES);
      const message = t`more than ${limit} have arrived; follow it again to see the latest`;
      resolve(failed(new ServerError("invalidResponse", message)));
      response.destroy();
    });
    response.once("end", () => {
      resolve(ok(undefined));
    });
    response.once("error", (error) => {
      resolve(signal.aborted ? ok(undefined) : failed(toClusterError(error)));
    });
  });
}

/**
 * Counts agents and tasks by namespace: for the whole cluster if allowed, else for each candidate. Counts are
 * reported as partial where a list is longer than what was read.
 */
export async function scan(
  access: ClusterAccess,
  candidates: readonly string[],
  signal: AbortSignal,
): Promise<Result<ScanResult>> {
  const counts = new Map<string, { agents: number; tasks: number }>();
  const read = async (kind: "agents" | "tasks", at = ""): Promise<Result<"all" | "part">> => {
    let next = "";
    for (let page = 0; page < MAX_SCANNED_PAGES; page++) {
      const path = `${API_ROOT}${at}/${PLURALS[kind]}?limit=${String(SCAN_PAGE)}${next}`;
      const answer = await access.request({ path, signal });
      // The list changed too much while it was read: the counts so far are approximately right.
      if (!answer.ok) return answer.error.status === 410 && page > 0 ? ok("part") : answer;
      const { items, metadata } = fieldsOf(answer.value);
      for (const item of recordsOf(items)) {
        const name = objectNameOf(fieldsOf(item["metadata"])["namespace"]);
        if (name === undefined) continue;
        const count = counts.get(name) ?? { agents: 0, tasks: 0 };
        count[kind]++;
        counts.set(name, count);
      }
      const more = textOf(fieldsOf(metadata)["continue"]);
      if (more === undefined) return ok("all");
      next = `&continue=${encodeURIComponent(more)}`;
    }
    return ok("part");
  };
  const isForbidden = (list: Result<unknown>): boolean => !list.ok && list.error.status === 403;
  const readBoth = (at?: string) => Promise.all([read("agents", at), read("tasks", at)]);
  let lists: readonly Result<"all" | "part">[] = await readBoth();
  // Most users may only read some namespaces.
  if (lists.some(isForbidden)) {
    counts.clear();
    lists = [];
    for (const namespace of candidates) {
      lists = [...lists, ...(await readBoth(`/namespaces/${namespace}`))];
    }
    lists = lists.filter((list) => !isForbidden(list));
  }
  for (const list of lists) {
    if (list.ok) continue;
    return list.error.status === 404
      ? failed(
          new ServerError("notFound", t("KubeOpenCode is not installed here"), { status: 404 }),
        )
      : list;
  }
  const isPartial = lists.some((list) => list.ok && list.value === "part");
  const namespaces = [...counts.entries()]
    .map(([namespace, count]) => ({ namespace, ...count }))
    .sort((a, b) => a.namespace.localeCompare(b.namespace));
  return ok({ namespaces, isPartial });
}
