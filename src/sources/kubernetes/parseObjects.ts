/**
 * Reads KubeOpenCode's objects (group kubeopencode.io, v1alpha1). Total: anything malformed is left out and
 * named in `misread`, so that a malformed status becomes a row with a note, not a lost watch.
 */
import { isID } from "../../core/ids.ts";
import type {
  ClusterAgent,
  ClusterCronTask,
  ClusterTask,
  ExtraPort,
  TaskPhase,
  TaskQuota,
  TaskSession,
  TaskSummary,
} from "../../core/state/cluster.ts";
import {
  boundedTextOf,
  durationOf,
  type Fields,
  fieldsOf,
  isRecord,
  nameOf,
  numberOf,
  objectNameOf,
  portOf,
  recordsOf,
  timeOf,
} from "./values.ts";

export const AGENT_LABEL = "kubeopencode.io/agent";
export const CRON_TASK_LABEL = "kubeopencode.io/crontask";
export const STOP_ANNOTATION = "kubeopencode.io/stop";
export const TRIGGER_ANNOTATION = "kubeopencode.io/trigger";
export const HEARTBEAT_ANNOTATION = "kubeopencode.io/last-connection-active";

/** OpenCode's port in an agent's pod, unless the agent names another. */
const DEFAULT_PORT = 4096;

/**
 * Fields common to all objects; undefined if it has no name. Callers spread them last: V8 takes ten times as
 * long to create an object that begins with a spread, and a list has thousands.
 */
function objectOf(object: Fields) {
  const metadata = fieldsOf(object["metadata"]);
  const name = nameOf(object);
  if (name === undefined) return undefined;
  const misread: string[] = [];
  const spec = part(object, "spec", misread);
  const status = part(object, "status", misread);
  return {
    spec,
    status,
    labels: fieldsOf(metadata["labels"]),
    facts: {
      name,
      uid: boundedTextOf(metadata["uid"]) ?? name,
      createdMs: timeOf(metadata["creationTimestamp"]) ?? 0,
      misread,
    },
  };
}

function part(object: Fields, name: string, misread: string[]): Fields {
  const value = object[name];
  if (value !== undefined && value !== null && !isRecord(value)) misread.push(name);
  return fieldsOf(value);
}

/** A name or port that is used in requests. Present but malformed, it is left out and named in `misread`. */
function checked<T>(
  fields: Fields,
  field: string,
  read: (value: unknown) => T | undefined,
  misread: string[],
): T | undefined {
  const value = fields[field];
  const parsed = read(value);
  if (parsed === undefined && value !== undefined && value !== null && value !== "") {
    misread.push(field);
  }
  return parsed;
}

/** The condition of this type whose status is true. */
function trueCondition(status: Fields, type: string): Fields | undefined {
  return recordsOf(status["conditions"]).find(
    (each) => each["type"] === type && each["status"] === "True",
  );
}

/** The name of the template an agent is created from. */
export function templateOf(agent: Fields): string | undefined {
  return referenceOf(fieldsOf(agent["spec"])["templateRef"]);
}

/**
 * Reads an agent; whatever it does not set comes from the template. Like KubeOpenCode's controller: a present
 * field replaces the template's, even an empty list or a zero; port, profile and standby are never inherited.
 */
export function parseAgent(object: Fields, template: Fields = {}): ClusterAgent | undefined {
  const parsed = objectOf(object);
  if (parsed === undefined) return undefined;
  const { spec, status, facts } = parsed;
  const inherited = fieldsOf(template["spec"]);
  const merged = (field: string): unknown => spec[field] ?? inherited[field];
  const conditions = recordsOf(status["conditions"]);
  const unready = conditions.find(
    (each) => each["status"] === "False" && /^Server(Ready|Healthy)$/.test(String(each["type"])),
  );
  const standby = fieldsOf(spec["standby"]);
  return {
    template: templateOf(object),
    profile: boundedTextOf(spec["profile"]),
    url: boundedTextOf(status["url"]),
    serviceName: checked(status, "serviceName", objectNameOf, facts.misread) ?? facts.name,
    port: checked(spec, "port", portOf, facts.misread) ?? DEFAULT_PORT,
    extraPorts: recordsOf(merged("extraPorts")).flatMap((each): readonly ExtraPort[] => {
      const port = portOf(each["port"]);
      return port === undefined
        ? []
        : [{ name: boundedTextOf(each["name"]) ?? String(port), port }];
    }),
    isReady: status["ready"] === true,
    isSuspended: status["suspended"] === true || spec["suspend"] === true,
    standbyAfter: boundedTextOf(standby["idleTimeout"]),
    idleSinceMs: timeOf(status["idleSince"]),
    // Zero means no limit.
    maxConcurrentTasks: numberOf(merged("maxConcurrentTasks")) || undefined,
    quota: quotaOf(merged("quota")),
    message: boundedTextOf(unready?.["message"]),
    ...facts,
  };
}

function quotaOf(value: unknown): TaskQuota | undefined {
  const { maxTaskStarts, windowSeconds } = fieldsOf(value);
  const most = numberOf(maxTaskStarts);
  const seconds = numberOf(windowSeconds);
  return most === undefined || seconds === undefined
    ? undefined
    : { maxTaskStarts: most, windowMs: seconds * 1000 };
}

const PHASES: readonly TaskPhase[] = ["Pending", "Queued", "Running", "Completed", "Failed"];

export function parseTask(object: Fields): ClusterTask | undefined {
  const parsed = objectOf(object);
  if (parsed === undefined) return undefined;
  const { spec, status, facts, labels } = parsed;
  const said = status["phase"];
  const known = PHASES.find((phase) => phase === said);
  if (known === undefined && said !== undefined && said !== "") facts.misread.push("phase");
  const stopped = trueCondition(status, "Stopped");
  const phase = known === "Completed" && stopped !== undefined ? "Stopped" : (known ?? "Pending");
  const explaining =
    phase === "Stopped"
      ? stopped
      : phase === "Queued"
        ? trueCondition(status, "Queued")
        : recordsOf(status["conditions"]).find(
            (each) => each["type"] === "Ready" && each["status"] !== "True",
          );
  return {
    phase,
    reason: boundedTextOf(explaining?.["reason"]),
    message: boundedTextOf(explaining?.["message"]),
    description: boundedTextOf(spec["description"]) ?? "",
    agent: referenceOf(spec["agentRef"]) ?? referenceOf(status["agentRef"]),
    template: referenceOf(spec["templateRef"]) ?? referenceOf(status["templateRef"]),
    timeoutMs: durationOf(spec["timeout"]),
    startedMs: timeOf(status["startTime"]),
    endedMs: timeOf(status["completionTime"]),
    podName: checked(status, "podName", objectNameOf, facts.misread),
    cronTask: boundedTextOf(labels[CRON_TASK_LABEL]),
    session: parseTaskSession(status["session"], facts.misread),
    ...facts,
  };
}

function referenceOf(reference: unknown): string | undefined {
  return objectNameOf(fieldsOf(reference)["name"]);
}

function parseTaskSession(value: unknown, misread: string[]): TaskSession | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value)) {
    misread.push("session");
    return undefined;
  }
  return {
    id: checked(value, "id", (id) => (isID(id) ? id : undefined), misread),
    url: boundedTextOf(value["url"]),
    title: boundedTextOf(value["title"]),
    summary: parseSummary(value["summary"], misread),
  };
}

/** Reads both forms: numbers, and a cost as text with tokens as an object. Absent values are zero. */
function parseSummary(value: unknown, misread: string[]): TaskSummary | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value)) {
    misread.push("summary");
    return undefined;
  }
  const count = (key: string, from: Fields = value): number => {
    const number = from[key];
    if (number === undefined || number === null) return 0;
    if (typeof number === "number" && Number.isFinite(number) && number >= 0) return number;
    misread.push(key);
    return 0;
  };
  const usage = value["tokenUsage"];
  const tokens = isRecord(usage)
    ? {
        input: count("input", usage),
        output: count("output", usage),
        reasoning: count("reasoning", usage),
        cache: count("cache", usage),
      }
    : undefined;
  return {
    messageCount: count("messageCount"),
    costUSD: costOf(value["cost"], misread),
    totalTokens:
      tokens === undefined
        ? count("tokenUsage")
        : tokens.input + tokens.output + tokens.reasoning + tokens.cache,
    tokens,
    changes: {
      files: count("filesChanged"),
      additions: count("additions"),
      deletions: count("deletions"),
    },
  };
}

function costOf(value: unknown, misread: string[]): number {
  if (value === undefined || value === null || value === "") return 0;
  const cost = typeof value === "string" ? Number(value.replace(/^\$/, "")) : value;
  if (typeof cost === "number" && Number.isFinite(cost) && cost >= 0) return cost;
  misread.push("cost");
  return 0;
}

export function parseCronTask(object: Fields): ClusterCronTask | undefined {
  const parsed = objectOf(object);
  if (parsed === undefined) return undefined;
  const { spec, status, facts } = parsed;
  return {
    schedule: boundedTextOf(spec["schedule"]) ?? "",
    timeZone: boundedTextOf(spec["timeZone"]),
    isSuspended: spec["suspend"] === true,
    active: numberOf(status["active"]) ?? 0,
    lastMs: timeOf(status["lastScheduleTime"]),
    nextMs: timeOf(status["nextScheduleTime"]),
    totalExecutions: numberOf(status["totalExecutions"]),
    maxRetainedTasks: numberOf(spec["maxRetainedTasks"]),
    ...facts,
  };
}
