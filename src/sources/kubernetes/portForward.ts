import type { IncomingMessage } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import type WebSocket from "ws";
import { ServerError } from "../../core/errors.ts";
import { failed, ok, type Result } from "../../core/result.ts";
import type { ClusterAccess } from "./clusterAccess.ts";
import { errorOfStatus, toClusterError } from "./kubeErrors.ts";
import { findPod } from "./pods.ts";
import { parseJSON } from "./values.ts";

/** Kubelets speak this one; it has a channel for bytes and one for an error, and no half-close. */
const PROTOCOL = "v4.channel.k8s.io";
const DATA = 0;
const ERROR = 1;
/** A channel begins with the port's number in two bytes. */
const PORT_BYTES = 2;
/** So many bytes may wait to be sent before the local side is asked to pause. */
const HIGH_WATER_BYTES = 256 * 1024;
const PING_MS = 20_000;

/** A door on this machine that leads to a port in the cluster. */
export interface Tunnel {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Why the last connection through it failed; undefined while all is well. */
  readonly lastError: () => ServerError | undefined;
  close(): Promise<void>;
}

export interface PortForwardOptions {
  readonly access: ClusterAccess;
  readonly namespace: string;
  /** The pods that may answer. */
  readonly labelSelector: string;
  readonly port: number;
}

/**
 * Listens on a free loopback port and carries each connection by a websocket of its own to a ready pod. The
 * pod is looked for again after a connection failed, so the door outlives drops, replaced pods and a laptop's
 * sleep. Closing it ends all connections.
 */
export function openPortForward(options: PortForwardOptions): Promise<Result<Tunnel>> {
  const bridges = new Set<Bridge>();
  let pod: string | undefined;
  let lastError: ServerError | undefined;
  const carry = async (socket: Socket): Promise<void> => {
    if (pod === undefined) {
      const found = await findPod(options.access, options.namespace, options.labelSelector);
      if (!found.ok) {
        lastError = found.error;
        socket.destroy();
        return;
      }
      pod = found.value;
    }
    const to = pod;
    const path = `/api/v1/namespaces/${options.namespace}/pods/${to}/portforward?ports=${String(options.port)}`;
    const opened = await options.access.socket(path, [PROTOCOL]);
    if (!opened.ok) {
      lastError = opened.error;
      socket.destroy();
      return;
    }
    const bridge = new Bridge(socket, opened.value);
    bridges.add(bridge);
    const error = await bridge.ended;
    bridges.delete(bridge);
    lastError = error;
    if (error !== undefined && pod === to) pod = undefined;
  };
  // Half-open: who has sent a request may close its side and still wait for the answer.
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    socket.on("error", () => undefined);
    void carry(socket);
  });
  return listen(server, {
    lastError: () => lastError,
    endAll: () => {
      for (const bridge of bridges) bridge.end();
    },
  });
}

/** Makes a door of a server: the way to it and the way to close it. */
export function listen(
  server: Server,
  { lastError, endAll }: { readonly lastError: Tunnel["lastError"]; readonly endAll: () => void },
): Promise<Result<Tunnel>> {
  return new Promise((resolve) => {
    server.once("error", (cause) => {
      resolve(failed(new ServerError("rejected", "no local port could be opened", { cause })));
    });
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      resolve(
        ok({
          url: `http://127.0.0.1:${String(port)}`,
          lastError,
          close: () =>
            new Promise((closed) => {
              server.close(() => {
                closed();
              });
              endAll();
            }),
        }),
      );
    });
  });
}

/** One connection: bytes from a local socket to a pod and back, neither side faster than the other can take. */
class Bridge {
  /** Settles at the end: with why, where something went wrong. */
  readonly ended: Promise<ServerError | undefined>;
  readonly #socket: Socket;
  readonly #websocket: WebSocket;
  readonly #ping: ReturnType<typeof setInterval>;
  #isAlive = true;
  #error: ServerError | undefined;
  /** Bytes of the port's number that are still to come, by channel. */
  readonly #prefix = [PORT_BYTES, PORT_BYTES];

  constructor(socket: Socket, websocket: WebSocket) {
    this.#socket = socket;
    this.#websocket = websocket;
    this.#ping = setInterval(() => {
      if (!this.#isAlive) websocket.terminate();
      this.#isAlive = false;
      if (websocket.readyState === websocket.OPEN) websocket.ping();
    }, PING_MS);
    websocket.on("pong", () => {
      this.#isAlive = true;
    });
    websocket.once("open", () => {
      this.#pumpOut();
    });
    websocket.on("message", (data: Buffer) => {
      this.#isAlive = true;
      this.#take(data);
    });
    websocket.once("unexpected-response", (_request: unknown, response: IncomingMessage) => {
      void this.#refused(response);
    });
    this.ended = new Promise((resolve) => {
      websocket.once("error", (error) => {
        this.#error ??= toClusterError(error);
        this.end();
      });
      websocket.once("close", (code) => {
        // An orderly close is the pod's end of the connection; any other was cut on its way.
        if (code === 1000 || code === 1005) socket.end();
        else {
          this.#error ??= new ServerError("unreachable", "the connection to the pod was cut");
          socket.destroy();
        }
        clearInterval(this.#ping);
        resolve(this.#error);
      });
    });
    socket.once("close", () => {
      if (websocket.readyState === websocket.OPEN) websocket.close();
      else if (websocket.readyState === websocket.CONNECTING) websocket.terminate();
      // A pod that does not answer the close is not waited for.
      setTimeout(() => {
        websocket.terminate();
      }, 1000).unref();
    });
  }

  end(): void {
    this.#socket.destroy();
    this.#websocket.terminate();
  }

  /** From the local side. Its end is not passed on: the protocol could only end both directions. */
  #pumpOut(): void {
    const socket = this.#socket;
    const websocket = this.#websocket;
    const channel = Buffer.from([DATA]);
    socket.on("data", (bytes: Buffer) => {
      websocket.send(Buffer.concat([channel, bytes]), () => {
        if (websocket.bufferedAmount < HIGH_WATER_BYTES) socket.resume();
      });
      if (websocket.bufferedAmount >= HIGH_WATER_BYTES) socket.pause();
    });
    socket.resume();
  }

  /** From the pod. */
  #take(message: Buffer): void {
    const channel = message[0] ?? DATA;
    let bytes = message.subarray(1);
    const prefix = this.#prefix[channel] ?? 0;
    if (prefix > 0) {
      this.#prefix[channel] = Math.max(0, prefix - bytes.length);
      bytes = bytes.subarray(prefix);
    }
    // The channel of errors is opened with an empty message.
    if (bytes.length === 0) return;
    if (channel === ERROR) {
      this.#error ??= new ServerError("unreachable", bytes.toString().slice(0, 200));
      this.#socket.destroy();
      return;
    }
    if (this.#socket.write(bytes)) return;
    this.#websocket.pause();
    this.#socket.once("drain", () => {
      this.#websocket.resume();
    });
  }

  /** Refused before it began: the answer says why. */
  async #refused(response: IncomingMessage): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of response) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
    const body = parseJSON(Buffer.concat(chunks).toString());
    this.#error ??= errorOfStatus(response.statusCode ?? 0, body);
    this.end();
  }
}
