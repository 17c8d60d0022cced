import { type IncomingMessage, request as requestHTTP, type ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";
import { loadYaml } from "@kubernetes/client-node";
import { at, isRecord, stringOf } from "../../json.ts";
import {
  jsonPatch,
  type KubeObject,
  mergePatch,
  type ObjectStore,
  StatusError,
} from "./objectStore.ts";
import { discovery, KUBEOPENCODE_GROUP, RESOURCE_KINDS, type ResourceKind } from "./resources.ts";
import { statusOf, type WatchStreams } from "./watchStream.ts";

/** An attempted action, as access rules see it. */
export interface Access {
  readonly user: string;
  readonly verb: string;
  /** Includes the subresource, as in `pods/portforward`. */
  readonly resource: string;
  readonly namespace: string | undefined;
}

/** Settings that can change while the double runs. */
export interface APIFaults {
  /** Whether the custom resources are installed. */
  hasKubeOpenCode: boolean;
  /** Answers everything with this status. */
  refusesAllWith: number | undefined;
  /** Before every answer. */
  delayMs: number;
  /** Cuts the connection in the middle of each port-forward refusal. */
  cutsForwardRefusals: boolean;
  /** Requires `create` on port-forwards too, and refuses without a message, as Kubernetes 1.35 and later. */
  requiresCreateForForwards: boolean;
  /** The plural of a kind whose lists always offer another page. */
  endlessList: string | undefined;
  /** Answers a call itself if it returns true; `call` as in `calls`. */
  answers: ((call: string, response: ServerResponse) => boolean) | undefined;
  /** Accesses that are forbidden. A rule matches if all its fields do. */
  readonly forbidden: Partial<Access>[];
  /** Accesses that fail with 500, by the same kind of rules. */
  readonly failing: Partial<Access>[];
}

export interface APIWorld {
  readonly store: ObjectStore;
  readonly watches: WatchStreams;
  readonly faults: APIFaults;
  readonly users: ReadonlyMap<string, string>;
  readonly calls: string[];
  readonly logs: PodLogs;
  /** The address that a service's port actually leads to. */
  readonly service: (
    namespace: string,
    name: string,
    port: string,
  ) => { readonly host: string; readonly port: number } | undefined;
}

/** The log lines of containers. */
export class PodLogs {
  readonly #lines = new Map<string, string[]>();
  readonly #listeners = new Set<(pod: string, line: string | undefined) => void>();

  /** Number of requests currently following a log. */
  get followers(): number {
    return this.#listeners.size;
  }

  append(namespace: string, pod: string, line: string): void {
    const key = `${namespace}/${pod}`;
    this.#lines.set(key, [...(this.#lines.get(key) ?? []), line]);
    for (const listener of [...this.#listeners]) listener(key, line);
  }

  /** Ends the requests that follow the pod's log, as when the container exits. */
  end(namespace: string, pod: string): void {
    for (const listener of [...this.#listeners]) listener(`${namespace}/${pod}`, undefined);
  }

  answer(response: ServerResponse, namespace: string, pod: string, query: URLSearchParams): void {
    const key = `${namespace}/${pod}`;
    response.writeHead(200, { "content-type": "text/plain" });
    const lines = this.#lines.get(key) ?? [];
    const tail = query.get("tailLines");
    for (const line of tail === null ? lines : lines.slice(-Number(tail))) {
      response.write(`${line}\n`);
    }
    if (query.get("follow") !== "true") {
      response.end();
      return;
    }
    response.flushHeaders();
    const listener = (from: string, line: string | undefined): void => {
      if (from !== key || response.writableEnded) return;
      if (line === undefined) response.end();
      else response.write(`${line}\n`);
    };
    this.#listeners.add(listener);
    response.once("close", () => this.#listeners.delete(listener));
  }
}

/** What a path refers to. */
export interface Target {
  readonly kind: ResourceKind;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  readonly rest: string;
}

const PATH =
  /^\/(?:api\/(v1)|apis\/([^/]+)\/([^/]+))(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?(\/.*)?$/;

/** Parses a path; undefined if it doesn't name a resource. */
export function targetOf(path: string): Target | undefined {
  const wholeNamespace = /^\/api\/v1\/namespaces(?:\/([^/]+))?$/.exec(path);
  const namespaces = RESOURCE_KINDS.find(({ plural }) => plural === "namespaces");
  if (wholeNamespace !== null && namespaces !== undefined) {
    const [, name] = wholeNamespace;
    return { kind: namespaces, namespace: undefined, name, subresource: undefined, rest: "" };
  }
  const match = PATH.exec(path);
  if (match === null) return undefined;
  const [, coreVersion, group = "", version = coreVersion, namespace, plural, name, sub, rest] =
    match;
  const kind = RESOURCE_KINDS.find(
    (each) => each.group === group && each.version === version && each.plural === plural,
  );
  if (kind === undefined) return undefined;
  return { kind, namespace, name, subresource: sub, rest: rest ?? "" };
}

/** The user who sent a request; undefined if unknown. */
export function userOf(
  world: Pick<APIWorld, "users">,
  request: IncomingMessage,
): string | undefined {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
  if (token !== undefined) return world.users.get(token);
  const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? "")?.[1];
  if (basic !== undefined) return world.users.get(Buffer.from(basic, "base64").toString());
  const socket = request.socket as Partial<TLSSocket>;
  if (socket.authorized !== true) return undefined;
  return stringOf(at(socket.getPeerCertificate?.(), "subject", "CN"));
}

export function isForbidden({ faults }: Pick<APIWorld, "faults">, access: Access): boolean {
  return matches(faults.forbidden, access);
}

function matches(rules: readonly Partial<Access>[], access: Access): boolean {
  return rules.some((rule) =>
    Object.entries(rule).every(([field, value]) => access[field as keyof Access] === value),
  );
}

/** Throws the refusal to answer with if the access is forbidden. */
export function authorise(world: Pick<APIWorld, "faults">, access: Access): void {
  if (!isForbidden(world, access)) return;
  const { user, verb, resource, namespace } = access;
  throw new StatusError(
    403,
    "Forbidden",
    `${resource} is forbidden: User "${user}" cannot ${verb} resource "${resource}" in the namespace "${namespace ?? ""}"`,
  );
}

function failIfConfigured({ faults }: Pick<APIWorld, "faults">, access: Access): void {
  if (!matches(faults.failing, access)) return;
  throw new StatusError(500, "InternalError", `${access.resource} cannot be read now`);
}

export function sendJSON(response: ServerResponse, code: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(code, { "content-type": "application/json" }).end(text);
}

export function sendFailure(response: ServerResponse, error: unknown): void {
  const status =
    error instanceof StatusError ? error : new StatusError(500, "InternalError", String(error));
  sendJSON(response, status.code, statusOf(status.code, status.reason, status.message));
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const text = bytes.toString();
  if (text === "") return undefined;
  if (request.headers["content-type"]?.includes("protobuf") === true) return accessReviewOf(bytes);
  const isYaml = request.headers["content-type"]?.includes("yaml") === true;
  try {
    return isYaml ? loadYaml<unknown>(text) : (JSON.parse(text) as unknown);
  } catch {
    throw new StatusError(400, "BadRequest", "the body cannot be read");
  }
}

/** The length-delimited fields of a protocol buffer message, by field number. */
function protobufFields(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const fields = new Map<number, Buffer>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; at < bytes.length; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    return value;
  };
  while (at < bytes.length) {
    const key = varint();
    if ((key & 7) !== 2) {
      varint();
      continue;
    }
    const size = varint();
    fields.set(key >> 3, bytes.subarray(at, at + size));
    at += size;
  }
  return fields;
}

const REVIEW_FIELDS = ["namespace", "verb", "group", "version", "resource", "subresource", "name"];

/** The access review that kubectl sends, its only request that isn't encoded as JSON. */
function accessReviewOf(bytes: Buffer): unknown {
  let message: Buffer = bytes.subarray(4);
  // Envelope, its raw part, the specification, and its resource attributes.
  for (const field of [2, 2, 1]) {
    message = protobufFields(message).get(field) ?? Buffer.alloc(0);
  }
  const fields = protobufFields(message);
  const resourceAttributes = Object.fromEntries(
    REVIEW_FIELDS.map((name, index) => [name, fields.get(index + 1)?.toString() ?? ""]),
  );
  return {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: { resourceAttributes },
  };
}

/** Answers one request like an API server. */
export async function answer(
  world: APIWorld,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://double");
  const { pathname, searchParams: query } = url;
  const isWatch = ["1", "true"].includes(query.get("watch") ?? "");
  const call = `${isWatch ? "WATCH" : (request.method ?? "")} ${pathname}`;
  world.calls.push(call);
  const { faults, store } = world;
  if (faults.answers?.(call, response) === true) return;
  if (faults.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, faults.delayMs));
  const user = userOf(world, request);
  if (user === undefined) throw new StatusError(401, "Unauthorized", "Unauthorized");
  if (faults.refusesAllWith !== undefined) {
    throw new StatusError(faults.refusesAllWith, "InternalError", "the double was told to refuse");
  }
  if (pathname.endsWith("/selfsubjectaccessreviews")) {
    failIfConfigured(world, {
      user,
      verb: "create",
      resource: "selfsubjectaccessreviews",
      namespace: undefined,
    });
    const review = await bodyOf(request);
    const wanted = at(review, "spec", "resourceAttributes");
    const sub = stringOf(at(wanted, "subresource"));
    const resource = stringOf(at(wanted, "resource"));
    const allowed = !isForbidden(world, {
      user,
      verb: stringOf(at(wanted, "verb")),
      resource: sub === "" ? resource : `${resource}/${sub}`,
      namespace: stringOf(at(wanted, "namespace")),
    });
    sendJSON(response, 201, { ...(isRecord(review) ? review : {}), status: { allowed } });
    return;
  }
  const known = discovery(pathname, faults.hasKubeOpenCode);
  if (known !== undefined) {
    sendJSON(response, 200, known);
    return;
  }
  const target = targetOf(pathname);
  if (target === undefined || (target.kind.group === KUBEOPENCODE_GROUP && !faults.hasKubeOpenCode))
    throw new StatusError(404, "NotFound", "the server could not find the requested resource");

  const { kind, namespace, name, subresource } = target;
  const resource = subresource === undefined ? kind.plural : `${kind.plural}/${subresource}`;
  const verb = verbOf(request.method ?? "GET", name, isWatch, subresource);
  authorise(world, { user, verb, resource, namespace });
  failIfConfigured(world, { user, verb, resource, namespace });

  if (subresource === "proxy" && name !== undefined) {
    proxy(world, request, response, target, url.search);
    return;
  }
  if (subresource === "log" && name !== undefined && namespace !== undefined) {
    store.get(kind, namespace, name);
    world.logs.answer(response, namespace, name, query);
    return;
  }
  if (name === undefined) {
    if (request.method === "POST") {
      const body = await bodyOf(request);
      if (query.get("fieldValidation") === "Strict") refuseUnknownFields(kind, body);
      const created = store.create(kind, namespace, body);
      sendJSON(response, 201, created);
    } else if (isWatch) watch(world, response, target, query);
    else sendJSON(response, 200, list(world, target, query));
    return;
  }
  const part = subresource === "status" ? "status" : kind.hasStatus ? "main" : "all";
  switch (request.method) {
    case "GET":
      sendJSON(response, 200, store.get(kind, namespace, name));
      return;
    case "PUT":
      sendJSON(response, 200, store.replace(kind, (await bodyOf(request)) as KubeObject, part));
      return;
    case "DELETE": {
      const removed = store.remove(kind, namespace, name);
      sendJSON(response, 200, {
        kind: "Status",
        apiVersion: "v1",
        metadata: {},
        status: "Success",
        details: { name, kind: kind.plural, uid: removed.metadata.uid },
      });
      return;
    }
    case "PATCH": {
      const type = request.headers["content-type"] ?? "";
      const patch = await bodyOf(request);
      const before = store.get(kind, namespace, name);
      const isStrategic = type.includes("strategic-merge-patch");
      if (isStrategic && kind.group !== "") {
        throw new StatusError(
          415,
          "UnsupportedMediaType",
          "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
        );
      }
      const next = type.includes("json-patch")
        ? jsonPatch(before, patch)
        : mergePatch(before, patch);
      sendJSON(response, 200, store.replace(kind, next as KubeObject, part));
      return;
    }
    default:
      throw new StatusError(405, "MethodNotAllowed", "the server does not allow this method");
  }
}

const TASK_SPEC = ["description", "agentRef", "templateRef", "contexts", "timeout"];

function refuseUnknownFields(kind: ResourceKind, body: unknown): void {
  const spec = at(body, "spec");
  if (kind.kind !== "Task" || !isRecord(spec)) return;
  const unknown = Object.keys(spec).filter((name) => !TASK_SPEC.includes(name));
  if (unknown.length === 0) return;
  const fields = unknown.map((name) => `unknown field "spec.${name}"`).join(", ");
  throw new StatusError(400, "BadRequest", `strict decoding error: ${fields}`);
}

export function verbOf(
  method: string,
  name: string | undefined,
  isWatch: boolean,
  subresource: string | undefined,
): string {
  if (method === "POST") return "create";
  if (method === "PUT") return "update";
  if (method === "PATCH") return "patch";
  if (method === "DELETE") return "delete";
  if (isWatch) return "watch";
  return name === undefined && subresource === undefined ? "list" : "get";
}

function matcher({ namespace, name }: Target, query: URLSearchParams) {
  const labels = (query.get("labelSelector") ?? "")
    .split(",")
    .filter((pair) => pair !== "")
    .map((pair) => pair.split(/==?/));
  const field = /metadata\.name=([^,]+)/.exec(query.get("fieldSelector") ?? "")?.[1];
  return ({ metadata }: KubeObject): boolean =>
    (namespace === undefined || metadata.namespace === namespace) &&
    (name === undefined || metadata.name === name) &&
    (field === undefined || metadata.name === field) &&
    labels.every(([key = "", value]) => metadata.labels?.[key] === value);
}

function list({ store, faults }: APIWorld, target: Target, query: URLSearchParams): unknown {
  const all = store.list(target.kind, target.namespace).filter(matcher(target, query));
  const [from = "0", version = String(store.version)] = (query.get("continue") ?? "").split("@");
  if (query.get("continue") !== null && Number(version) < store.compacted) {
    throw new StatusError(410, "Expired", "The provided continue parameter is too old");
  }
  const limit = Number(query.get("limit") ?? 0) || all.length;
  const start = Number(from);
  const items = all.slice(start, start + limit);
  const isLast = start + limit >= all.length && faults.endlessList !== target.kind.plural;
  const { group, version: apiVersion, kind } = target.kind;
  return {
    apiVersion: group === "" ? apiVersion : `${group}/${apiVersion}`,
    kind: `${kind}List`,
    metadata: {
      resourceVersion: version,
      ...(isLast ? {} : { continue: `${String(start + limit)}@${version}` }),
    },
    items,
  };
}

function watch(
  { watches }: APIWorld,
  response: ServerResponse,
  target: Target,
  query: URLSearchParams,
): void {
  const version = query.get("resourceVersion") ?? undefined;
  if (watches.goneForm === "http" && watches.isGone(version)) {
    throw new StatusError(410, "Expired", "too old resource version");
  }
  const timeout = query.get("timeoutSeconds");
  watches.open(response, {
    kind: target.kind,
    version,
    wantsBookmarks: query.get("allowWatchBookmarks") === "true",
    timeoutSeconds: timeout === null ? undefined : Number(timeout),
    matches: matcher(target, query),
  });
}

/** The service proxy: forwards requests, but never their credentials. */
function proxy(
  world: APIWorld,
  request: IncomingMessage,
  response: ServerResponse,
  { namespace = "", name = "", rest }: Target,
  search: string,
): void {
  const parts = name.split(":");
  const [service = "", port = ""] = parts.length === 3 ? parts.slice(1) : parts;
  const at = world.service(namespace, service, port);
  if (at === undefined) {
    throw new StatusError(
      503,
      "ServiceUnavailable",
      `no endpoints available for service "${service}"`,
    );
  }
  const headers = { ...request.headers, host: `${at.host}:${String(at.port)}` };
  delete headers.authorization;
  const onward = requestHTTP(
    { ...at, method: request.method, path: `${rest === "" ? "/" : rest}${search}`, headers },
    (answered) => {
      response.writeHead(answered.statusCode ?? 502, answered.headers);
      answered.pipe(response);
      answered.once("error", () => response.destroy());
    },
  );
  onward.once("error", () => {
    if (response.headersSent) response.destroy();
    else
      sendFailure(
        response,
        new StatusError(503, "ServiceUnavailable", "error trying to reach service"),
      );
  });
  response.once("close", () => onward.destroy());
  request.pipe(onward);
}
