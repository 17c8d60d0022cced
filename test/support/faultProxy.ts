import { createServer, request as requestHTTP } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { pipeline, type Transform } from "node:stream";
import { endWithProgram } from "./cleanup.mjs";
import { type SeenRequest, seenRequest } from "./seenRequest.ts";

/** The parts of a request that a rule can match on. */
export interface ProxiedRequest extends SeenRequest {
  /** Whether it opens an event stream. */
  readonly isStream: boolean;
}

/** What happens to a request. */
export type Fault =
  /** The proxy answers the request itself. */
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Buffer;
    }
  /** Forwarded after a pause. */
  | { readonly kind: "delay"; readonly delayMs: number }
  /** Accepted but never answered. */
  | { readonly kind: "hold" }
  /** The connection is reset (RST) instead of an answer. */
  | { readonly kind: "reset" }
  /** Raw bytes are written to the connection, with no HTTP response around them. */
  | { readonly kind: "raw"; readonly write: (socket: Socket) => void }
  /** The server's answer passes through this transform. Destroying it cuts the connection. */
  | { readonly kind: "through"; readonly transform: () => Transform };

/** Chooses a request's fault; undefined lets the request pass. */
export type FaultRule = (request: ProxiedRequest) => Fault | undefined;

/** A loopback proxy that does to a server's connections what networks, proxies and bad servers can do. */
export interface FaultProxy {
  readonly url: string;
  /** The last requests: at least as many as {@link MOST_REQUESTS}, if there were that many. */
  readonly requests: readonly SeenRequest[];
  /** Number of open connections to the proxy. */
  openConnections(): number;
  /** From now on, the rule decides on every request. Open connections are unaffected. */
  inject(rule: FaultRule): void;
  /**
   * Resolves once the injected rule has spoilt a request: its connection has ended, or an answer has begun to
   * pass through the fault's transform.
   */
  untilSpoilt(): Promise<void>;
  /** Lets every request pass again. Frozen connections stay frozen, as half-open ones do. */
  heal(): void;
  /** Resets (RST) every open connection. */
  reset(): void;
  /** Keeps open connections open, but nothing passes through them any more in either direction. */
  freeze(): void;
  /** From now on, forwards to another address. */
  retarget(url: string): void;
  stop(): Promise<void>;
}

/** Requests that a proxy remembers: the long faults send hundreds of thousands. */
const MOST_REQUESTS = 2_000;

/** Starts a proxy in front of a server, on a free port of the loopback interface. */
export async function startFaultProxy(targetURL: string): Promise<FaultProxy> {
  let target = new URL(targetURL);
  let rule: FaultRule = () => undefined;
  const requests: SeenRequest[] = [];
  /** Reports that the rule has spoilt a request. */
  let spoil = (): void => undefined;
  let spoilt: Promise<void> = new Promise(() => undefined);
  const sockets = new Set<Socket>();
  const frozen = new WeakSet<Socket>();

  const forward = (
    request: IncomingMessage,
    response: ServerResponse,
    transform: (() => Transform) | undefined,
  ): void => {
    const { method, url } = request;
    const cut = (): void => {
      request.socket.resetAndDestroy();
    };
    const upstream = requestHTTP({
      host: target.hostname,
      port: target.port,
      method,
      path: url,
      headers: { ...request.headers, host: target.host },
      agent: false,
    });
    response.once("close", () => upstream.destroy());
    upstream.once("error", cut);
    upstream.once("response", (answer) => {
      const headers = { ...answer.headers };
      // A transform may change the length of the answer.
      if (transform !== undefined) delete headers["content-length"];
      response.writeHead(answer.statusCode ?? 502, headers);
      response.flushHeaders();
      if (transform !== undefined) spoil();
      const finish = (error: NodeJS.ErrnoException | null | undefined): void => {
        if (error !== null && error !== undefined) cut();
      };
      if (frozen.has(request.socket)) return;
      if (transform === undefined) pipeline(answer, response, finish);
      else pipeline(answer, transform(), response, finish);
    });
    pipeline(request, upstream, () => undefined);
  };

  const answerWith = (
    fault: Fault | undefined,
    request: IncomingMessage,
    response: ServerResponse,
  ): void => {
    switch (fault?.kind) {
      case undefined:
        forward(request, response, undefined);
        return;
      case "answer":
        request.resume();
        response.writeHead(fault.status, fault.headers).end(fault.body);
        return;
      case "delay":
        setTimeout(() => {
          if (!response.destroyed) forward(request, response, undefined);
        }, fault.delayMs);
        return;
      case "hold":
        request.resume();
        return;
      case "reset":
        request.socket.resetAndDestroy();
        return;
      case "raw":
        request.resume();
        fault.write(request.socket);
        return;
      case "through":
        forward(request, response, fault.transform);
    }
  };

  const server = createServer((request, response) => {
    const seen = seenRequest(request);
    requests.push(seen);
    if (requests.length > 2 * MOST_REQUESTS) requests.splice(0, MOST_REQUESTS);
    const isStream = request.headers.accept?.includes("text/event-stream") === true;
    const fault = rule({ ...seen, isStream });
    if (fault !== undefined && fault.kind !== "through") response.once("close", spoil);
    answerWith(fault, request, response);
  });
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;

  const destroyAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const stop = async (): Promise<void> => {
    forget();
    destroyAll();
    await new Promise((resolve) => server.close(resolve));
  };
  const forget = endWithProgram({ stop, kill: destroyAll });

  return {
    url: `http://127.0.0.1:${String(port)}`,
    requests,
    openConnections: () => sockets.size,
    inject: (next) => {
      rule = next;
      spoilt = new Promise((resolve) => {
        spoil = resolve;
      });
    },
    untilSpoilt: () => spoilt,
    heal: () => {
      rule = () => undefined;
    },
    reset: () => {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    freeze: () => {
      for (const socket of sockets) {
        frozen.add(socket);
        socket.pause();
        // Data from the server piles up here and is never forwarded.
        socket.cork();
      }
    },
    retarget: (url) => {
      target = new URL(url);
    },
    stop,
  };
}
