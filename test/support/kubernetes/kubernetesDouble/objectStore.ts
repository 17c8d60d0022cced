import { randomUUID } from "node:crypto";
import { isRecord, stringOf } from "../../json.ts";
import type { ResourceKind } from "./resources.ts";

export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    generation?: number;
    creationTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    [key: string]: unknown;
  };
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
  [key: string]: unknown;
}

export type EventType = "ADDED" | "MODIFIED" | "DELETED";

export interface StoreEvent {
  readonly type: EventType;
  readonly plural: string;
  readonly version: number;
  readonly object: KubeObject;
}

/** An error answer of the API server. */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: string;

  constructor(code: number, reason: string, message: string) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

const clone = <T>(value: T): T => structuredClone(value);

/** The counterpart of etcd: objects by kind, one increasing version, and the changes since the last compaction. */
export class ObjectStore {
  version = 1000;
  /** Changes up to this version have been forgotten. */
  compacted = 0;
  readonly events: StoreEvent[] = [];
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #listeners = new Set<(event: StoreEvent) => void>();

  list(kind: ResourceKind, namespace?: string): KubeObject[] {
    return [...this.#of(kind).values()]
      .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
      .map(clone);
  }

  find(kind: ResourceKind, namespace: string | undefined, name: string): KubeObject | undefined {
    const found = this.#of(kind).get(`${namespace ?? ""}/${name}`);
    return found === undefined ? undefined : clone(found);
  }

  get(kind: ResourceKind, namespace: string | undefined, name: string): KubeObject {
    const found = this.find(kind, namespace, name);
    if (found !== undefined) return found;
    throw new StatusError(404, "NotFound", `${qualified(kind)} "${name}" not found`);
  }

  create(kind: ResourceKind, namespace: string | undefined, given: unknown): KubeObject {
    if (!isRecord(given) || !isRecord(given["metadata"])) {
      throw new StatusError(400, "BadRequest", "the body is not an object");
    }
    const object = clone(given) as KubeObject;
    const { metadata } = object;
    const prefix = stringOf(metadata["generateName"]);
    metadata.name ||= prefix === "" ? "" : `${prefix}${randomUUID().slice(0, 5)}`;
    if (metadata.name === "") throw invalid(kind, "", "metadata.name: Required value");
    if (namespace !== undefined) {
      if (metadata.namespace !== undefined && metadata.namespace !== namespace) {
        throw new StatusError(
          400,
          "BadRequest",
          "the namespace of the provided object does not match the namespace sent on the request",
        );
      }
      metadata.namespace = namespace;
    }
    if (this.find(kind, namespace, metadata.name) !== undefined) {
      throw new StatusError(
        409,
        "AlreadyExists",
        `${qualified(kind)} "${metadata.name}" already exists`,
      );
    }
    validate(kind, object);
    object.apiVersion ||= kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
    object.kind ||= kind.kind;
    metadata.uid ??= randomUUID();
    metadata.generation = 1;
    metadata.creationTimestamp ??= new Date().toISOString().replace(/\.\d+Z$/, "Z");
    return this.#write("ADDED", kind, object);
  }

  /** Replaces an object, or only its status. */
  replace(kind: ResourceKind, next: KubeObject, part: "all" | "main" | "status"): KubeObject {
    const { namespace, name } = next.metadata;
    const before = this.get(kind, namespace, name);
    const given = next.metadata.resourceVersion;
    if (given !== undefined && given !== before.metadata.resourceVersion) {
      throw new StatusError(
        409,
        "Conflict",
        `Operation cannot be fulfilled on ${qualified(kind)} "${name}": the object has been modified`,
      );
    }
    const object: KubeObject =
      part === "status"
        ? { ...before, ...(next.status === undefined ? {} : { status: next.status }) }
        : { ...next };
    if (part === "main" && before.status !== undefined) object.status = before.status;
    object.metadata = {
      ...(part === "status" ? before.metadata : next.metadata),
      uid: before.metadata.uid!,
      creationTimestamp: before.metadata.creationTimestamp!,
      generation:
        (before.metadata.generation ?? 1) +
        (JSON.stringify(object.spec) === JSON.stringify(before.spec) ? 0 : 1),
    };
    validate(kind, object);
    return this.#write("MODIFIED", kind, object);
  }

  remove(kind: ResourceKind, namespace: string | undefined, name: string): KubeObject {
    const object = this.get(kind, namespace, name);
    this.#of(kind).delete(`${namespace ?? ""}/${name}`);
    return this.#record("DELETED", kind, object);
  }

  /** Forgets all changes so far; asking for them then fails with "gone". */
  compact(): void {
    this.compacted = this.version;
    this.events.length = 0;
  }

  onEvent(listener: (event: StoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #of({ group, plural }: ResourceKind): Map<string, KubeObject> {
    const key = `${group}/${plural}`;
    let objects = this.#objects.get(key);
    if (objects === undefined) {
      objects = new Map<string, KubeObject>();
      this.#objects.set(key, objects);
    }
    return objects;
  }

  #write(type: EventType, kind: ResourceKind, object: KubeObject): KubeObject {
    const { namespace, name } = object.metadata;
    this.#of(kind).set(`${namespace ?? ""}/${name}`, object);
    return this.#record(type, kind, object);
  }

  #record(type: EventType, kind: ResourceKind, object: KubeObject): KubeObject {
    this.version++;
    object.metadata.resourceVersion = String(this.version);
    const event = { type, plural: kind.plural, version: this.version, object: clone(object) };
    this.events.push(event);
    if (this.events.length > 20_000) {
      this.events.splice(0, 10_000);
      this.compacted = this.events[0]?.version ?? this.version;
    }
    for (const listener of [...this.#listeners]) listener(event);
    return clone(object);
  }
}

function qualified({ plural, group }: ResourceKind): string {
  return group === "" ? plural : `${plural}.${group}`;
}

function invalid(kind: ResourceKind, name: string, what: string): StatusError {
  return new StatusError(
    422,
    "Invalid",
    `${kind.kind}.${kind.group} "${name}" is invalid: ${what}`,
  );
}

/** The custom resources' validation rules that a user can violate. */
function validate(kind: ResourceKind, { metadata, spec }: KubeObject): void {
  if (kind.kind !== "Task") return;
  const hasAgent = isRecord(spec?.["agentRef"]);
  const hasTemplate = isRecord(spec?.["templateRef"]);
  if (hasAgent === hasTemplate) {
    throw invalid(
      kind,
      metadata.name,
      "spec: Invalid value: exactly one of agentRef or templateRef must be set",
    );
  }
}

/** A JSON merge patch (RFC 7396). */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const merged: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(merged, key);
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

/** Enough of JSON patch (RFC 6902) for what tools send: add, replace and remove in objects. */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  const result: unknown = clone(target);
  for (const step of Array.isArray(patch) ? patch : []) {
    if (!isRecord(step)) continue;
    const keys = stringOf(step["path"])
      .split("/")
      .slice(1)
      .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
    const last = keys.pop();
    let at: unknown = result;
    for (const key of keys) {
      if (!isRecord(at)) throw new StatusError(422, "Invalid", "the path does not exist");
      at = at[key];
    }
    if (!isRecord(at) || last === undefined) {
      throw new StatusError(422, "Invalid", "the path does not exist");
    }
    if (step["op"] === "remove") Reflect.deleteProperty(at, last);
    else at[last] = step["value"];
  }
  return result;
}
