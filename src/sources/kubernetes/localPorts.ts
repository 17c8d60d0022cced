/**
 * Local ports that lead into a cluster. One is only opened at the user's request, and ends with what it was
 * opened for; the extension itself reaches agents through tunnels, which have no port.
 */
import { t } from "../../core/language.ts";
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { createServer as createHTTPServer, type IncomingMessage } from "node:http";
import { createServer as createTCPServer, type Server, type Socket } from "node:net";
import { pipeline, Transform, type TransformCallback } from "node:stream";
import { ServerError } from "../../core/errors.ts";
import { MAX_REQUEST_BYTES, MAX_REQUEST_HEAD_BYTES } from "../../core/limits.ts";
import { failed, ok, type Result } from "../../core/result.ts";
import { DEFAULT_USERNAME } from "../source.ts";
import { type PodPort, podConnector } from "./podConnection.ts";
import { isInside, passedHeaders } from "./tunnels.ts";

export interface LocalPort {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  close(): Promise<void>;
}

/** A port protected by a password: Basic, with OpenCode's default user name. */
export interface GuardedPort extends LocalPort {
  readonly password: string;
}

/** An agent's server as this process reaches it. */
export interface ReachedAgent {
  readonly url: string;
  readonly fetch: typeof fetch;
  /** The agent's own password, which replaces the port's. */
  readonly password: string | undefined;
}

/** Hop-by-hop headers. */
const HOP_HEADERS = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade"]);

/** Opens a port to an agent's server for a program that can send a password, such as `opencode attach`. */
export async function openGuardedPort(agent: ReachedAgent): Promise<Result<GuardedPort>> {
  const password = randomBytes(24).toString("base64url");
  const expected = basic(password);
  const server = createHTTPServer((request, response) => {
    const refuse = (status: number): void => {
      response.writeHead(status, status === 401 ? { "www-authenticate": "Basic" } : {}).end();
    };
    const { host, origin, authorization = "" } = request.headers;
    const path = request.url ?? "/";
    if (!isThisMachine(host) || (origin !== undefined && origin !== `http://${host}`)) refuse(403);
    else if (!isSame(authorization, expected)) refuse(401);
    else if (!isInside(path)) refuse(400);
    else {
      const abort = new AbortController();
      const { signal } = abort;
      response.once("close", () => {
        abort.abort();
      });
      pass(agent, request, path, signal)
        .then((answer) => {
          const headers = [...answer.headers].filter(([name]) => !HOP_HEADERS.has(name));
          response.writeHead(answer.status, Object.fromEntries(headers));
          response.flushHeaders();
          const write = (chunk: Uint8Array): Promise<void> =>
            new Promise((written) => {
              response.write(chunk, () => {
                written();
              });
            });
          return answer.body?.pipeTo(new WritableStream({ write }), { signal });
        })
        .then(() => response.end())
        .catch(() => {
          if (response.headersSent) response.destroy();
          else refuse(502);
        });
    }
  });
  const port = await listen(server);
  return port.ok ? ok({ ...port.value, password }) : port;
}

async function pass(
  { url, fetch: send, password }: ReachedAgent,
  request: IncomingMessage,
  path: string,
  signal: AbortSignal,
): Promise<Response> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_REQUEST_BYTES) throw new ServerError("rejected", "the request is too large");
  }
  const headers = passedHeaders(request.headers);
  return send(`${url}${path}`, {
    method: request.method ?? "GET",
    headers: password === undefined ? headers : { ...headers, authorization: basic(password) },
    ...(size === 0 ? {} : { body: Buffer.concat(chunks) }),
    signal,
  });
}

/**
 * Opens a port to a port of a pod, for any protocol: it cannot ask for a password, so every program on this
 * machine gets through. Web pages do not: an HTTP request must name this machine as its host and its origin,
 * and browsers say where a request comes from.
 */
export function openPlainPort(to: PodPort): Promise<Result<LocalPort>> {
  const connect = podConnector(to);
  // Half-open: a client may close its side after sending a request and still wait for the answer.
  const server = createTCPServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    socket.on("error", () => undefined);
    void connect().then((opened) => {
      if (!opened.ok) {
        socket.destroy();
        return;
      }
      // Either may have ended while the other was being opened.
      if (socket.destroyed || opened.value.destroyed) {
        socket.destroy();
        opened.value.destroy();
        return;
      }
      const end = (error: unknown): void => {
        if (error !== null && error !== undefined) socket.destroy();
      };
      pipeline(socket, new WebPageFilter(), opened.value, end);
      pipeline(opened.value, socket, end);
    });
  });
  return listen(server);
}

/**
 * Passes bytes through, unless they begin with the head of an HTTP request that a foreign web page may have
 * sent. Each request needs its own connection, so that none goes unchecked.
 */
class WebPageFilter extends Transform {
  #head: Buffer | undefined = Buffer.alloc(0);

  override _transform(bytes: Buffer, _encoding: string, done: TransformCallback): void {
    if (this.#head === undefined) {
      done(null, bytes);
      return;
    }
    const all = Buffer.concat([this.#head, bytes]);
    const text = all.toString("latin1", 0, MAX_REQUEST_HEAD_BYTES);
    const end = text.indexOf("\r\n\r\n");
    this.#head = undefined;
    if (!isRequest(text)) done(null, all);
    else if (end < 0 && text.length < MAX_REQUEST_HEAD_BYTES) {
      this.#head = all;
      done();
    } else {
      const head = end < 0 ? undefined : ownHead(text.slice(0, end).split("\r\n"));
      if (head === undefined) done(new ServerError("rejected", "not from this machine"));
      else done(null, Buffer.concat([Buffer.from(head, "latin1"), all.subarray(end)]));
    }
  }

  override _flush(done: TransformCallback): void {
    done(null, this.#head);
  }
}

/** Whether bytes begin, as far as they have come, like an HTTP request: other protocols also begin with a word. */
function isRequest(text: string): boolean {
  const [line = "", ...others] = text.split("\r\n", 2);
  if (others.length === 0) return /^[A-Z]{1,10}($| )/.test(line);
  return /^[A-Z]{1,10} .* HTTP\/1\.\d$/.test(line);
}

/** The head of a request that names this machine, as its connection's last; undefined for any other. */
function ownHead(lines: readonly string[]): string | undefined {
  const values = (name: string): readonly string[] =>
    lines.flatMap((line) =>
      line.toLowerCase().startsWith(`${name}:`) ? [line.slice(name.length + 1).trim()] : [],
    );
  const [host, ...others] = values("host");
  if (!isThisMachine(host) || others.length > 0) return undefined;
  if (values("origin").some((origin) => origin !== `http://${String(host)}`)) return undefined;
  // A picture or a plain link carries no origin.
  if (values("sec-fetch-site").some((site) => !/^(none|same-origin)$/.test(site))) return undefined;
  if (values("upgrade").length > 0) return lines.join("\r\n");
  const kept = lines.filter((line) => !/^(connection|keep-alive):/i.test(line));
  return [...kept, "Connection: close"].join("\r\n");
}

/** Whether a Host header names this machine directly: a foreign page's host name may also resolve to it. */
function isThisMachine(host: string | undefined): boolean {
  return /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host ?? "");
}

function basic(password: string): string {
  return `Basic ${Buffer.from(`${DEFAULT_USERNAME}:${password}`).toString("base64")}`;
}

function isSame(given: string, expected: string): boolean {
  const hash = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(given), hash(expected));
}

function listen(server: Server): Promise<Result<LocalPort>> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return new Promise((resolve) => {
    server.once("error", (cause) => {
      resolve(failed(new ServerError("rejected", t("no local port could be opened"), { cause })));
    });
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      const close = (): Promise<void> =>
        new Promise((closed) => {
          server.close(() => {
            closed();
          });
          for (const socket of sockets) socket.destroy();
        });
      resolve(ok({ url: `http://127.0.0.1:${String(port)}`, close }));
    });
  });
}
