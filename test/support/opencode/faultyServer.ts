import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

type Row = Readonly<Record<string, unknown>> & { readonly id: string };

/** A replacement for the usual answer to a request. */
type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** A request that was held back. */
export interface HeldRequest {
  /** Resolves when the request has arrived. */
  readonly arrived: Promise<void>;
  /** Resolves when the client has disconnected. */
  readonly hungUp: Promise<void>;
  /** Answers it with the state at the time it arrived. */
  release(): void;
  /** Cuts its connection without answering. */
  cut(): void;
}

/**
 * The few OpenCode 1 routes that a connection uses, for faults and races that the real server can't be made
 * to exhibit: any request can be held back or answered wrongly, and any event sent at any time.
 */
export class FaultyServer {
  readonly rows = new Map<string, Row>();
  readonly statuses = new Map<string, unknown>();
  readonly messages = new Map<string, readonly unknown[]>();
  permissions: readonly unknown[] = [];
  projectDirectory = "/code/app";
  /** `METHOD path`, in the order received. */
  readonly requests: string[] = [];
  private readonly server: Server;
  private readonly streams = new Set<ServerResponse>();
  private readonly faults = new Map<string, Answer>();
  private held: { readonly path: string; readonly take: Answer }[] = [];

  private constructor() {
    this.server = createServer((request, response) => {
      this.take(request, response);
    });
  }

  static async start(): Promise<FaultyServer> {
    const faulty = new FaultyServer();
    await new Promise<void>((resolve) => faulty.server.listen(0, "127.0.0.1", resolve));
    return faulty;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  get streamCount(): number {
    return this.streams.size;
  }

  /** Adds or changes a session. Costs are in US dollars. */
  put(id: string, changes: Readonly<Record<string, unknown>> = {}): Row {
    const tokens = { input: 0, output: 0, reasoning: 0, cache: { read: 0, write: 0 } };
    const before = this.rows.get(id) ?? {
      id,
      directory: this.projectDirectory,
      projectID: "p",
      title: id,
      cost: 0,
      tokens,
      time: { created: 1_000, updated: 1_000 },
    };
    const row = { ...before, ...changes, id };
    this.rows.set(id, row);
    return row;
  }

  /** Overrides the answer of a path until the returned function is called. */
  fault(path: string, answer: Answer): () => void {
    this.faults.set(path, answer);
    return () => this.faults.delete(path);
  }

  /** Holds back the next request for a path. */
  hold(path: string): HeldRequest {
    let arrive: () => void = () => undefined;
    let hangUp: () => void = () => undefined;
    let release: () => void = () => undefined;
    let cut: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => (arrive = resolve));
    const hungUp = new Promise<void>((resolve) => (hangUp = resolve));
    this.held.push({
      path,
      take: (response, request) => {
        const body = this.bodyOf(request);
        response.once("close", hangUp);
        release = () => {
          if (path === "/global/event") this.openStream(response);
          else sendJSON(response, body);
        };
        cut = () => response.destroy();
        arrive();
      },
    });
    return {
      arrived,
      hungUp,
      release: () => {
        release();
      },
      cut: () => {
        cut();
      },
    };
  }

  /** Sends an event to all listeners. */
  send(type: string, properties: object, directory = this.projectDirectory): void {
    const event = { directory, project: "p", payload: { id: "evt_1", type, properties } };
    for (const stream of this.streams) stream.write(`data: ${JSON.stringify(event)}\n\n`);
  }

  /** Cuts all streams. */
  cut(): void {
    for (const stream of this.streams) stream.destroy();
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private take(request: IncomingMessage, response: ServerResponse): void {
    const path = pathOf(request);
    this.requests.push(`${request.method ?? "GET"} ${path}`);
    const holding = this.held.find((one) => one.path === path);
    this.held = this.held.filter((one) => one !== holding);
    const answer = holding?.take ?? this.faults.get(path);
    if (answer !== undefined) answer(response, request);
    else if (path === "/global/event") this.openStream(response);
    else sendJSON(response, this.bodyOf(request));
  }

  private openStream(response: ServerResponse): void {
    if (response.destroyed) return;
    response.writeHead(200, { "content-type": "text/event-stream" });
    const greeting = { payload: { id: "evt_0", type: "server.connected", properties: {} } };
    response.write(`data: ${JSON.stringify(greeting)}\n\n`);
    this.streams.add(response);
    response.once("close", () => this.streams.delete(response));
  }

  private bodyOf(request: IncomingMessage): unknown {
    const path = pathOf(request);
    const [, kind, id, rest] = path.split("/");
    if (kind === "session" && id !== undefined && id !== "status") {
      if (rest === "message") return this.messages.get(id) ?? [];
      if (rest === "todo") return [];
      return this.rows.get(id);
    }
    switch (path) {
      case "/global/health":
        return { healthy: true, version: "1.18.33" };
      case "/experimental/session":
        return [...this.rows.values()];
      case "/session/status":
        return Object.fromEntries(this.statuses);
      case "/permission":
        return this.permissions;
      case "/question":
      case "/project":
        return [];
      case "/config/providers":
        return { providers: [], default: {} };
      default:
        return undefined;
    }
  }
}

/** Refuses with a status. */
export function refusing(status: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return (response) => {
    response.writeHead(status, headers).end();
  };
}

function pathOf(request: IncomingMessage): string {
  return new URL(request.url ?? "/", "http://localhost").pathname;
}

function sendJSON(response: ServerResponse, body: unknown): void {
  response
    .writeHead(body === undefined ? 404 : 200, { "content-type": "application/json" })
    .end(JSON.stringify(body ?? { name: "NotFoundError" }));
}
