import { t } from "../../core/language.ts";
import { Duplex } from "node:stream";
import type WebSocket from "ws";
import { ServerError } from "../../core/errors.ts";
import { MAX_FAILURE_CHARACTERS } from "../../core/limits.ts";
import { ok, type Result } from "../../core/result.ts";
import type { ClusterAccess } from "./clusterAccess.ts";
import { toClusterError } from "./kubeErrors.ts";
import { findPod } from "./pods.ts";

/** The protocol kubelets speak; it has one channel for bytes and one for an error, and no half-close. */
const PROTOCOL = "v4.channel.k8s.io";
const DATA = 0;
const ERROR = 1;
/** Each channel begins with the port number in two bytes. */
const PORT_BYTES = 2;
const PING_MS = 20_000;
/** How long to wait for a pod to answer the close. */
const CLOSE_MS = 1000;

/** A port of the pods that match a selector. */
export interface PodPort {
  readonly access: ClusterAccess;
  readonly namespace: string;
  readonly labelSelector: string;
  readonly port: number;
}

/** Opens another connection to the port. */
export type ConnectToPod = () => Promise<Result<PodConnection>>;

/**
 * Connects to a port of the newest ready pod, each time over a new websocket (`pods/portforward`). The pod is
 * looked up again after a failed connection, so this survives drops, replaced pods and a laptop's sleep. The
 * Kubernetes client's own needs a socket of this machine and holds back no sender (measured).
 */
export function podConnector({ access, namespace, labelSelector, port }: PodPort): ConnectToPod {
  let known: string | undefined;
  return async () => {
    if (known === undefined) {
      const found = await findPod(access, namespace, labelSelector);
      if (!found.ok) return found;
      known = found.value;
    }
    const pod = known;
    const forget = (): void => {
      if (known === pod) known = undefined;
    };
    const path = `/api/v1/namespaces/${namespace}/pods/${pod}/portforward?ports=${String(port)}`;
    const opened = await access.socket(path, [PROTOCOL]);
    if (!opened.ok) {
      forget();
      return opened;
    }
    return ok(new PodConnection(opened.value).once("error", forget));
  };
}

/**
 * One connection to a pod as a stream of bytes, with backpressure in both directions. `node:http` uses it as
 * a socket, so it implements a socket's methods for timeouts and keep-alive.
 */
export class PodConnection extends Duplex {
  readonly #websocket: WebSocket;
  readonly #ping: ReturnType<typeof setInterval>;
  #isAlive = true;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Bytes of the port number still to come, by channel. */
  readonly #prefix = [PORT_BYTES, PORT_BYTES];

  /** Takes ownership of an open websocket. */
  constructor(websocket: WebSocket) {
    // When the pod ends the connection, both directions are closed: an idle one must not be used again.
    super({ allowHalfOpen: false });
    this.#websocket = websocket;
    // Errors reach whoever uses the connection; one that arrives after that must not crash the process.
    this.on("error", () => undefined);
    this.#ping = setInterval(() => {
      if (!this.#isAlive) this.destroy(wasCut());
      this.#isAlive = false;
      if (websocket.readyState === websocket.OPEN) websocket.ping();
    }, PING_MS);
    websocket.on("pong", () => {
      this.#isAlive = true;
    });
    websocket.on("message", (data: Buffer) => {
      this.#isAlive = true;
      this.#take(data);
    });
    websocket.on("error", (error) => this.destroy(toClusterError(error)));
    // A clean close means the pod ended the connection; any other means it was cut on the way.
    websocket.once("close", (code) => {
      if (code === 1000 || code === 1005) this.push(null);
      else this.destroy(wasCut());
    });
  }

  override _read(): void {
    this.#websocket.resume();
  }

  override _write(bytes: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#timer?.refresh();
    this.#websocket.send(Buffer.concat([Buffer.from([DATA]), bytes]), (error) => {
      done(error instanceof Error ? wasCut() : null);
    });
  }

  /** The end of the input is not forwarded: the protocol could only close both directions. */
  override _final(done: () => void): void {
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearInterval(this.#ping);
    clearTimeout(this.#timer);
    const websocket = this.#websocket;
    websocket.resume();
    websocket.close();
    setTimeout(() => {
      websocket.terminate();
    }, CLOSE_MS).unref();
    done(error);
  }

  setTimeout(delayMs: number, listener?: () => void): this {
    clearTimeout(this.#timer);
    this.#timer = delayMs === 0 ? undefined : setTimeout(() => this.emit("timeout"), delayMs);
    return listener === undefined ? this : this.once("timeout", listener);
  }

  setKeepAlive(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  #take(message: Buffer): void {
    this.#timer?.refresh();
    const channel = message[0] ?? DATA;
    let bytes = message.subarray(1);
    const prefix = this.#prefix[channel] ?? 0;
    if (prefix > 0) {
      this.#prefix[channel] = Math.max(0, prefix - bytes.length);
      bytes = bytes.subarray(prefix);
    }
    // The error channel is opened with an empty message.
    if (bytes.length === 0) return;
    if (channel === ERROR) {
      const said = bytes.toString("utf8", 0, MAX_FAILURE_CHARACTERS);
      this.destroy(new ServerError("unreachable", said));
    } else if (!this.push(bytes)) this.#websocket.pause();
  }
}

function wasCut(): ServerError {
  return new ServerError("unreachable", t("the connection to the pod was interrupted"));
}
