import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";

const PROTOCOL = "v4.channel.k8s.io";
const DATA = 0;
const ERROR = 1;
/** Once this many bytes are queued for the client, reading from the pod pauses. */
const HIGH_WATER = 1_000_000;

/** The actual address of a pod's port; undefined if nothing listens there. */
export type PodTarget = (
  namespace: string,
  pod: string,
  port: number,
) => { readonly host: string; readonly port: number } | undefined;

/** The kubelet's part of a `pods/portforward` websocket: channel 0 carries bytes, channel 1 error text. */
export class PortForwards {
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false),
  });
  readonly #open = new Map<WebSocket, string>();
  readonly #target: PodTarget;
  /** Number of pings received. They keep a tunnel open through proxies that close idle connections. */
  pings = 0;

  constructor(target: PodTarget) {
    this.#target = target;
  }

  get count(): number {
    return this.#open.size;
  }

  accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    where: { readonly namespace: string; readonly pod: string; readonly port: number },
  ): void {
    this.#server.handleUpgrade(request, socket, head, (client) => {
      this.#open.set(client, `${where.namespace}/${where.pod}`);
      client.on("ping", () => this.pings++);
      client.once("close", () => this.#open.delete(client));
      this.#bridge(client, where);
    });
  }

  /** Cuts a pod's tunnels, or all, without a close frame, as when a pod disappears. */
  cut(namespace?: string, pod?: string): void {
    for (const [client, key] of this.#open) {
      if (namespace === undefined || key === `${namespace}/${String(pod)}`) client.terminate();
    }
  }

  stop(): void {
    this.cut();
    this.#server.close();
  }

  #bridge(
    client: WebSocket,
    where: { readonly namespace: string; readonly pod: string; readonly port: number },
  ): void {
    const send = (channel: number, bytes: Buffer, sent?: () => void): void => {
      client.send(Buffer.concat([Buffer.from([channel]), bytes]), sent);
    };
    const portBytes = Buffer.from([where.port & 255, where.port >> 8]);
    send(DATA, portBytes);
    send(ERROR, portBytes);
    const target = this.#target(where.namespace, where.pod, where.port);
    const socket: Socket | undefined =
      target === undefined ? undefined : connect(target.port, target.host);
    const refuse = (): void => {
      const text = `an error occurred forwarding ${String(where.port)}: connection refused`;
      send(ERROR, Buffer.from(text), () => {
        client.close();
      });
    };
    if (socket === undefined) {
      refuse();
      return;
    }
    let isConnected = false;
    socket.once("connect", () => (isConnected = true));
    socket.on("data", (bytes) => {
      send(DATA, bytes, () => {
        if (client.bufferedAmount < HIGH_WATER) socket.resume();
      });
      if (client.bufferedAmount >= HIGH_WATER) socket.pause();
    });
    socket.once("error", () => {
      if (isConnected) client.terminate();
      else refuse();
    });
    socket.once("end", () => {
      // A client that is still sending would otherwise never learn of the end.
      client.resume();
      client.close();
    });
    client.on("message", (data) => {
      const bytes = data as Buffer;
      if (bytes[0] !== DATA || bytes.length < 2) return;
      if (socket.writable && !socket.write(bytes.subarray(1))) {
        client.pause();
        socket.once("drain", () => {
          client.resume();
        });
      }
    });
    client.once("close", () => socket.destroy());
    client.once("error", () => socket.destroy());
  }
}
