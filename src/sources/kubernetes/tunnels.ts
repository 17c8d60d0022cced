import { t } from "../../core/language.ts";
import { Agent, ClientRequest, type ClientRequestArgs, type IncomingMessage } from "node:http";
import { Duplex } from "node:stream";
import { ServerError } from "../../core/errors.ts";
import type { ClusterAccess } from "./clusterAccess.ts";
import { type ConnectToPod, type PodPort, podConnector } from "./podConnection.ts";

/**
 * A connection to an agent's server that exists only in this process: no local port leads to it. Used through
 * `fetch`, with addresses that begin with the agent's; the agent answers for any host.
 */
export interface Tunnel {
  readonly fetch: typeof fetch;
  close(): void;
}

/** Idle connections to a pod kept for the next request. */
const MOST_IDLE = 4;
const PASSED = /^(accept|content-type|last-event-id|x-opencode-[a-z-]+)$/;
/** Statuses whose responses have no body. */
const EMPTY = new Set([204, 205, 304]);

/** Reaches an agent's server by port-forwarding to its pod. */
export function openPortForward(port: PodPort): Tunnel {
  const agent = new PodAgent(podConnector(port));
  return {
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const url = new URL(request.url);
      const body = await bodyOf(request);
      const signal = init?.signal ?? request.signal;
      const send = (resolve: (answer: Response) => void, reject: (error: Error) => void): void => {
        // Not `http.request`: VS Code makes it use the proxy's agent instead of the one passed in.
        const sent = new ClientRequest({
          agent,
          // Servers that check the host accept this one, as `kubectl port-forward` uses it.
          host: "localhost",
          method: request.method,
          path: `${url.pathname}${url.search}`,
          headers: {
            ...Object.fromEntries(request.headers),
            ...(body === undefined ? {} : { "content-length": String(body.length) }),
          },
          signal,
        });
        let isAnswered = false;
        sent.once("response", (response) => {
          isAnswered = true;
          try {
            resolve(responseOf(response));
          } catch (error) {
            sent.destroy(error instanceof Error ? error : undefined);
          }
        });
        sent.on("error", (error) => {
          if (signal.aborted) reject(signal.reason as Error);
          // The pod may have just closed a connection that was kept from an earlier request.
          else if (sent.reusedSocket && !isAnswered && request.method === "GET")
            send(resolve, reject);
          else reject(error);
        });
        sent.end(body);
      };
      return new Promise(send);
    },
    close: () => {
      agent.destroy();
    },
  };
}

/** Creates connections to a pod for `node:http`. */
class PodAgent extends Agent {
  readonly #connect: ConnectToPod;
  #isClosed = false;

  constructor(connect: ConnectToPod) {
    super({ keepAlive: true, maxFreeSockets: MOST_IDLE });
    this.#connect = connect;
  }

  override createConnection(
    _options: ClientRequestArgs,
    created: (error: Error | null, connection: Duplex) => void,
  ): undefined {
    void this.#connect().then((opened) => {
      if (opened.ok && !this.#isClosed) {
        created(null, opened.value);
        return;
      }
      const nothing = new Duplex().destroy();
      if (opened.ok) opened.value.destroy();
      created(
        opened.ok ? new ServerError("cancelled", "cancelled") : onTheWay(opened.error),
        nothing,
      );
    });
  }

  override destroy(): void {
    this.#isClosed = true;
    super.destroy();
  }
}

export interface ServiceProxyOptions {
  readonly access: ClusterAccess;
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
}

/**
 * Reaches an agent's server through the API server's service proxy, with the kubeconfig's credentials. Only
 * headers that describe the request's body and its answer are forwarded. No password is: the API server keeps
 * `Authorization` to itself, and its audit log may show addresses.
 */
export function openServiceProxy({
  access,
  namespace,
  service,
  port,
}: ServiceProxyOptions): Tunnel {
  const prefix = `/api/v1/namespaces/${namespace}/services/http:${service}:${String(port)}/proxy`;
  const answers = new Set<IncomingMessage>();
  return {
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const url = new URL(request.url);
      const path = `${url.pathname}${url.search}`;
      if (!isInside(path))
        throw new ServerError("rejected", t("the path leads outside the server"));
      const body = await bodyOf(request);
      const signal = init?.signal ?? request.signal;
      const answer = await access.passOn({
        method: request.method,
        path: `${prefix}${path}`,
        headers: passedHeaders(Object.fromEntries(request.headers)),
        body,
        signal,
      });
      if (!answer.ok) throw signal.aborted ? (signal.reason as Error) : onTheWay(answer.error);
      const { response, refusal } = answer.value;
      answers.add(response);
      response.once("close", () => answers.delete(response));
      return responseOf(response, refusal);
    },
    close: () => {
      for (const answer of answers) answer.destroy();
    },
  };
}

/** Whether a path with its query cannot escape a prefix, however a proxy on the way decodes it. */
export function isInside(path: string): boolean {
  const [plain = ""] = path.split("?", 1);
  let decoded: string;
  try {
    decoded = decodeURIComponent(plain);
  } catch {
    return false;
  }
  if (!plain.startsWith("/") || /[\\]|\/\/|%25/.test(`${decoded}${plain}`)) return false;
  return !decoded.split("/").some((part) => part === ".." || part === ".");
}

/** The request headers an agent's server needs; none identifies the sender or addresses a proxy. */
export function passedHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value === "string" && PASSED.test(name) ? [[name, value]] : [],
    ),
  );
}

/** A refusal on the way doesn't come from the agent: the agent's password cannot fix it. */
function onTheWay({ message, status }: ServerError): ServerError {
  return new ServerError("unreachable", message, { status });
}

async function bodyOf(request: Request): Promise<Buffer | undefined> {
  return request.body === null ? undefined : Buffer.from(await request.arrayBuffer());
}

function responseOf(answer: IncomingMessage, text?: string): Response {
  // Whoever reads the answer sees the error too.
  answer.on("error", () => undefined);
  const status = answer.statusCode ?? 0;
  if (status < 200 || status > 599) {
    throw new ServerError("invalidResponse", t`the agent answered with status ${String(status)}`);
  }
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined) headers.set(name, String(value));
  }
  if (EMPTY.has(status)) {
    answer.resume();
    return new Response(null, { status, headers });
  }
  return new Response(text ?? streamOf(answer), { status, headers });
}

function streamOf(answer: IncomingMessage): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<Buffer, unknown> = answer[Symbol.asyncIterator]();
  return new ReadableStream({
    pull: async (controller) => {
      const next = await chunks.next();
      if (next.done === true) controller.close();
      else controller.enqueue(new Uint8Array(next.value));
    },
    cancel: () => {
      answer.destroy();
    },
  });
}
