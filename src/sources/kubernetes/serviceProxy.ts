import {
  createServer,
  type IncomingMessage,
  request as requestHTTP,
  type ServerResponse,
} from "node:http";
import { request as requestHTTPS } from "node:https";
import type { Socket } from "node:net";
import type { ServerError } from "../../core/errors.ts";
import type { Result } from "../../core/result.ts";
import type { ClusterAccess } from "./clusterAccess.ts";
import { errorOfStatus, toClusterError } from "./kubeErrors.ts";
import { listen, type Tunnel } from "./portForward.ts";
import { fieldsOf, parseJSON } from "./values.ts";

export interface ServiceProxyOptions {
  readonly access: ClusterAccess;
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
}

/** Headers between two hops, and those that only the cluster may set. */
const OWN_HEADERS = new Set(["host", "connection", "authorization", "upgrade", "te", "trailer"]);

/**
 * Listens on a free loopback port and passes each request on by the API server's service proxy, with the
 * kubeconfig's credentials. The API server keeps `Authorization` to itself, so a password goes as OpenCode's
 * query parameter `auth_token`, which the cluster's audit log may show.
 */
export function openServiceProxy(options: ServiceProxyOptions): Promise<Result<Tunnel>> {
  const sockets = new Set<Socket>();
  let lastError: ServerError | undefined;
  const server = createServer((request, response) => {
    void pass(options, request, response).then((error) => {
      lastError = error;
    });
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return listen(server, {
    lastError: () => lastError,
    endAll: () => {
      for (const socket of sockets) socket.destroy();
    },
  });
}

async function pass(
  { access, namespace, service, port }: ServiceProxyOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<ServerError | undefined> {
  // A web page elsewhere must not reach the cluster by a name that leads to this machine.
  if (!/^(127\.0\.0\.1|localhost):\d+$/.test(request.headers.host ?? "")) {
    response.writeHead(403).end();
    return undefined;
  }
  const credentials = await access.credentials();
  if (!credentials.ok) {
    response.writeHead(502).end();
    return credentials.error;
  }
  const { server, headers, agent, options } = credentials.value;
  const base = server.pathname.replace(/\/+$/, "");
  const path = `${base}/api/v1/namespaces/${namespace}/services/http:${service}:${String(port)}/proxy${withPassword(request)}`;
  const start = server.protocol === "http:" ? requestHTTP : requestHTTPS;
  return new Promise((resolve) => {
    const onward = start(`${server.origin}${path}`, {
      ...options,
      agent,
      method: request.method,
      headers: { ...kept(request), ...headers, "accept-encoding": "identity" },
    });
    onward.once("response", (answer) => {
      const status = answer.statusCode ?? 0;
      if (status >= 400 && answer.headers["content-type"]?.includes("json") === true) {
        void passRefusal(answer, response).then(resolve);
        return;
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders();
      answer.pipe(response);
      answer.once("error", () => response.destroy());
      resolve(undefined);
    });
    onward.once("error", (error) => {
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end();
      resolve(toClusterError(error));
    });
    response.once("close", () => onward.destroy());
    request.pipe(onward);
  });
}

/** Passes a refusal on; one of the API server's own is not the agent's, and is told as no answer at all. */
async function passRefusal(
  answer: IncomingMessage,
  response: ServerResponse,
): Promise<ServerError | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of answer) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  } catch (error) {
    response.destroy();
    return toClusterError(error);
  }
  const body = Buffer.concat(chunks);
  const status = answer.statusCode ?? 502;
  const said = fieldsOf(parseJSON(body.toString()));
  if (said["kind"] === "Status" && said["apiVersion"] === "v1") {
    response.writeHead(502).end();
    return errorOfStatus(status, said);
  }
  response.writeHead(status, answer.headers).end(body);
  return undefined;
}

function kept(request: IncomingMessage): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined && !OWN_HEADERS.has(name)) headers[name] = value;
  }
  return headers;
}

/** The path asked for, with a Basic password as the query parameter that gets through. */
function withPassword(request: IncomingMessage): string {
  const path = request.url ?? "/";
  const pair = /^Basic (.+)$/.exec(request.headers.authorization ?? "")?.[1];
  if (pair === undefined) return path;
  return `${path}${path.includes("?") ? "&" : "?"}auth_token=${encodeURIComponent(pair)}`;
}
