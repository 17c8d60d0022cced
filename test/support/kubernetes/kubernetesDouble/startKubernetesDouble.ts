import { randomBytes } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { endWithProgram } from "../../cleanup.mjs";
import {
  answer,
  type APIFaults,
  authorise,
  isForbidden,
  PodLogs,
  sendFailure,
  targetOf,
  userOf,
} from "./apiServer.ts";
import { createAuthority } from "./certificates.ts";
import { type KubeObject, ObjectStore, StatusError } from "./objectStore.ts";
import { PortForwards } from "./portForwards.ts";
import { RESOURCE_KINDS, type ResourceKind } from "./resources.ts";
import { statusOf, WatchStreams } from "./watchStream.ts";

export interface KubernetesDoubleOptions {
  /** Existing namespaces; default `["dev"]`. */
  readonly namespaces?: readonly string[];
  /** Default: a free port. */
  readonly port?: number;
}

/** The actual address of something in the cluster. */
export interface RealAddress {
  readonly host: string;
  readonly port: number;
}

/** How a kubeconfig authenticates. */
export type Login =
  | { readonly kind: "token"; readonly token?: string }
  | { readonly kind: "certificate" }
  | { readonly kind: "exec"; readonly exec: Readonly<Record<string, unknown>> };

/**
 * A TLS server with the part of the Kubernetes API that this product and `kubectl` use: KubeOpenCode's
 * custom resources, pods, services and namespaces. Addresses “in the cluster” are on this machine.
 */
export interface KubernetesDouble {
  /** `https://127.0.0.1:PORT`. */
  readonly url: string;
  readonly token: string;
  /** The certificate authority that verifies its certificate. */
  readonly ca: string;
  readonly store: ObjectStore;
  readonly watches: WatchStreams;
  readonly forwards: PortForwards;
  readonly logs: PodLogs;
  readonly faults: APIFaults;
  /** User names by token (or `user:password`). */
  readonly users: Map<string, string>;
  /** `VERB /path` of every call so far. */
  readonly calls: string[];
  readonly kind: (plural: string) => ResourceKind;
  readonly create: (plural: string, object: Partial<KubeObject>) => KubeObject;
  /** Merges a status into the object's own, as a controller does. */
  readonly setStatus: (
    plural: string,
    namespace: string,
    name: string,
    status: Record<string, unknown>,
  ) => void;
  /** Creates the agent, its pod and its service; `at` is its server's actual address. */
  addAgent(agent: {
    readonly name: string;
    readonly namespace?: string;
    readonly at?: RealAddress;
    readonly spec?: Record<string, unknown>;
    readonly status?: Record<string, unknown>;
  }): void;
  /** Sets the address behind an agent's pods and service. */
  setAddress(namespace: string, agent: string, at: RealAddress | undefined): void;
  /** Deletes the agent's pod and starts a new one. */
  readonly replacePod: (namespace: string, agent: string) => void;
  /** The text of a kubeconfig with a context for this cluster. */
  kubeconfig(context?: string, login?: Login, cluster?: Readonly<Record<string, unknown>>): string;
  writeKubeconfig(file: string, context?: string, login?: Login): void;
  /** Disappears from the network; `up` brings it back on the same port. */
  down(): Promise<void>;
  up(): Promise<void>;
  stop(): Promise<void>;
}

export async function startKubernetesDouble(
  options: KubernetesDoubleOptions = {},
): Promise<KubernetesDouble> {
  const authority = createAuthority();
  const store = new ObjectStore();
  const watches = new WatchStreams(store);
  const logs = new PodLogs();
  const token = randomBytes(16).toString("hex");
  const users = new Map([[token, "dev"]]);
  const calls: string[] = [];
  const faults: APIFaults = {
    hasKubeOpenCode: true,
    refusesAllWith: undefined,
    delayMs: 0,
    cutsForwardRefusals: false,
    requiresCreateForForwards: false,
    endlessList: undefined,
    answers: undefined,
    forbidden: [],
    failing: [],
  };
  const addresses = new Map<string, RealAddress>();
  const kind = (plural: string): ResourceKind => {
    const found = RESOURCE_KINDS.find((each) => each.plural === plural);
    if (found === undefined) throw new Error(`no kind ${plural}`);
    return found;
  };
  const agentOf = (namespace: string, pod: string): string =>
    store.find(kind("pods"), namespace, pod)?.metadata.labels?.["kubeopencode.io/agent"] ?? "";
  const forwards = new PortForwards((namespace, pod) =>
    addresses.get(`${namespace}/${agentOf(namespace, pod)}`),
  );
  const world = {
    store,
    watches,
    faults,
    users,
    calls,
    logs,
    service: (namespace: string, name: string) => addresses.get(`${namespace}/${name}`),
  };
  const own = authority.issue("kubernetes", ["localhost", "cluster.test"]);
  const server = createServer(
    { ...own, ca: authority.cert, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      answer(world, request, response).catch((error: unknown) => {
        if (response.headersSent) response.destroy();
        else sendFailure(response, error);
      });
    },
  );
  server.keepAliveTimeout = 60_000;
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });

  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => undefined);
    const url = new URL(request.url ?? "/", "http://double");
    calls.push(`UPGRADE ${url.pathname}`);
    try {
      const user = userOf(world, request);
      if (user === undefined) throw new StatusError(401, "Unauthorized", "Unauthorized");
      const target = targetOf(url.pathname);
      const { namespace, name } = target ?? {};
      if (target?.subresource !== "portforward" || namespace === undefined || name === undefined) {
        throw new StatusError(404, "NotFound", "the server could not find the requested resource");
      }
      authorise(world, { user, verb: "get", resource: "pods/portforward", namespace });
      const creation = { user, verb: "create", resource: "pods/portforward", namespace };
      if (faults.requiresCreateForForwards && isForbidden(world, creation)) {
        throw new StatusError(403, "Forbidden", "");
      }
      store.get(kind("pods"), namespace, name);
      const port = Number(url.searchParams.get("ports"));
      forwards.accept(request, socket, head, { namespace, pod: name, port });
    } catch (error) {
      const { code, reason, message } =
        error instanceof StatusError ? error : new StatusError(500, "InternalError", String(error));
      const body = JSON.stringify(statusOf(code, reason, message));
      const head = `HTTP/1.1 ${String(code)} ${reason}\r\ncontent-type: application/json\r\ncontent-length: ${String(body.length)}\r\nconnection: close\r\n\r\n`;
      if (faults.cutsForwardRefusals) {
        socket.write(`${head}${body.slice(0, 10)}`, () => socket.destroy());
      } else socket.end(`${head}${body}`);
    }
  });
  const listen = async (port: number): Promise<void> => {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => {
        server.off("error", reject);
        resolve();
      });
    });
  };
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = new Promise((resolve) => server.close(resolve));
    forwards.cut();
    // Includes those in the middle of a handshake or an upgrade, which aren't HTTP connections.
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  await listen(options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  for (const name of options.namespaces ?? ["dev"]) {
    store.create(kind("namespaces"), undefined, { metadata: { name } });
  }
  const stop = async (): Promise<void> => {
    forget();
    forwards.stop();
    await close();
  };
  const forget = endWithProgram({ stop, kill: () => undefined });

  const double: KubernetesDouble = {
    url: `https://127.0.0.1:${String(port)}`,
    token,
    ca: authority.cert,
    store,
    watches,
    forwards,
    logs,
    faults,
    users,
    calls,
    kind,
    create: (plural, object) => store.create(kind(plural), object.metadata?.namespace, object),
    setStatus: (plural, namespace, name, status) => {
      const object = store.get(kind(plural), namespace, name);
      delete object.metadata.resourceVersion;
      store.replace(kind(plural), { ...object, status: { ...object.status, ...status } }, "status");
    },
    addAgent: ({ name, namespace = "dev", at, spec = {}, status = {} }) => {
      store.create(kind("agents"), namespace, {
        metadata: { name },
        spec: { profile: "default", port: 4096, ...spec },
      });
      double.setStatus("agents", namespace, name, {
        ready: true,
        deploymentName: `${name}-server`,
        serviceName: name,
        url: `http://${name}.${namespace}.svc.cluster.local:4096`,
        ...status,
      });
      store.create(kind("services"), namespace, {
        metadata: { name, labels: { "kubeopencode.io/agent": name } },
        spec: { selector: { "kubeopencode.io/agent": name }, ports: [{ port: 4096 }] },
      });
      double.setAddress(namespace, name, at);
      addPod(namespace, name);
    },
    setAddress: (namespace, agent, at) => {
      if (at === undefined) addresses.delete(`${namespace}/${agent}`);
      else addresses.set(`${namespace}/${agent}`, at);
    },
    replacePod: (namespace, agent) => {
      for (const { metadata } of store.list(kind("pods"), namespace)) {
        if (metadata.labels?.["kubeopencode.io/agent"] !== agent) continue;
        store.remove(kind("pods"), namespace, metadata.name);
        forwards.cut(namespace, metadata.name);
      }
      addPod(namespace, agent);
    },
    kubeconfig: (context = "double", login = { kind: "token" }, cluster = {}) =>
      JSON.stringify(configOf(context, login, cluster), null, 2),
    writeKubeconfig: (file, context, login) => {
      writeFileSync(file, double.kubeconfig(context, login), { mode: 0o600 });
      endWithProgram({
        stop: () => {
          rmSync(file, { force: true });
        },
        kill: () => undefined,
      });
    },
    down: close,
    up: () => listen(port),
    stop,
  };

  const addPod = (namespace: string, agent: string): void => {
    store.create(kind("pods"), namespace, {
      metadata: {
        name: `${agent}-server-${randomBytes(3).toString("hex")}`,
        labels: { "kubeopencode.io/agent": agent },
      },
      spec: { containers: [{ name: "opencode-server" }] },
      status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
    });
  };

  const configOf = (
    context: string,
    login: Login,
    cluster: Readonly<Record<string, unknown>>,
  ): unknown => ({
    apiVersion: "v1",
    kind: "Config",
    "current-context": context,
    clusters: [
      {
        name: `${context}-cluster`,
        cluster: {
          server: double.url,
          "certificate-authority-data": Buffer.from(authority.cert).toString("base64"),
          ...cluster,
        },
      },
    ],
    users: [{ name: `${context}-user`, user: userFor(login) }],
    contexts: [
      { name: context, context: { cluster: `${context}-cluster`, user: `${context}-user` } },
    ],
  });
  const userFor = (login: Login): unknown => {
    switch (login.kind) {
      case "token":
        return { token: login.token ?? token };
      case "exec":
        return { exec: login.exec };
      case "certificate": {
        const { cert, key } = authority.issue("dev", []);
        return {
          "client-certificate-data": Buffer.from(cert).toString("base64"),
          "client-key-data": Buffer.from(key).toString("base64"),
        };
      }
    }
  };
  return double;
}
