import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname } from "node:path";
import { endWithProgram } from "../../cleanup.mjs";
import { isRecord } from "../../json.ts";
import { type SeenRequest, seenRequest } from "../../seenRequest.ts";
import { DoubleState } from "./doubleState.ts";
import { EventHub } from "./eventHub.ts";
import { type Faults, noFaults } from "./faults.ts";
import { handlersOf } from "./handlers.ts";
import { openapiOf } from "./openapi.ts";
import { type Drift, type Route, type RouteName, routesOf } from "./routes.ts";
import { misfits } from "./schema.ts";
import { Turns } from "./turns.ts";

export interface V2DoubleOptions {
  /** Default: a random one. Empty: none is required, which no real server of this generation allows. */
  readonly password?: string;
  /** Default: a free port. */
  readonly port?: number;
  /** Default `2.1.4`. */
  readonly version?: string;
  /** The process id it reports; default: this process's. */
  readonly pid?: number;
  /** Its projects' directories; the first one is its own. */
  readonly directories?: readonly string[];
  /** Actions that require permission. */
  readonly permission?: Readonly<Record<string, "ask" | "allow">>;
  /** The version whose routes it has; default `current`. */
  readonly drift?: Drift;
  /** Routes it lacks. */
  readonly without?: readonly RouteName[];
  /** Pause between chunks unless a script sets one; default 4 ms. */
  readonly chunkDelayMs?: number;
  /** Characters per delta; default 12. */
  readonly chunkSize?: number;
  readonly heartbeatMs?: number;
}

/**
 * A server that follows OpenCode 2's published contract: HTTP and SSE, Basic auth always on, and a small
 * state machine whose model runs the scripted provider's scripts. It replaces a server that isn't available,
 * so everything it sends is checked against the schemas in schemas.ts.
 */
export interface V2Double {
  readonly url: string;
  readonly password: string;
  readonly version: string;
  readonly pid: number;
  readonly state: DoubleState;
  readonly hub: EventHub;
  readonly turns: Turns;
  readonly faults: Faults;
  readonly mcpServers: ReadonlyMap<string, unknown>;
  /** What violated the schemas, in either direction. */
  readonly violations: readonly string[];
  /** `METHOD /path` of every call so far. */
  readonly calls: readonly string[];
  /** The same calls with everything but their bodies. */
  readonly requests: readonly SeenRequest[];
  /** Writes the service's registration file; `overrides` make it wrong. */
  register(file: string, overrides?: Readonly<Record<string, unknown>>): Promise<void>;
  /** Disappears from the network but keeps its state. */
  down(): Promise<void>;
  /** Comes back, possibly as another process with another password. */
  up(as?: {
    readonly password?: string;
    readonly pid?: number;
    readonly version?: string;
  }): Promise<void>;
  stop(): Promise<void>;
}

export async function startV2Double(options: V2DoubleOptions = {}): Promise<V2Double> {
  const faults = noFaults();
  const violations: string[] = [];
  const calls: string[] = [];
  const requests: SeenRequest[] = [];
  const state = new DoubleState();
  const hub = new EventHub(faults, violations, options.heartbeatMs ?? 10_000);
  const pace = { delayMs: options.chunkDelayMs ?? 4, size: options.chunkSize ?? 12 };
  const turns = new Turns(state, hub, faults, pace, options.permission ?? {});
  const mcpServers = new Map<string, unknown>();
  const identity = {
    password: options.password ?? randomBytes(12).toString("hex"),
    version: options.version ?? "2.1.4",
    pid: options.pid ?? process.pid,
    url: "",
  };
  const routes = routesOf(options.drift ?? "current");
  const lacks = new Set<string>(options.without ?? []);
  const handlers = handlersOf({
    state,
    hub,
    turns,
    faults,
    directories: options.directories ?? ["/home/dev/app", "/home/dev/lib"],
    mcpServers,
    info: () => ({ version: identity.version, pid: identity.pid, urls: [identity.url] }),
  });
  const entries = Object.entries(routes).filter(([name]) => !lacks.has(name)) as [
    RouteName,
    Route,
  ][];
  const matchers = entries
    // Literal segments win over parameters.
    .sort(([, a], [, b]) => parameterCount(a.path) - parameterCount(b.path))
    .map(([name, route]) => ({ name, route, pattern: patternOf(route.path) }));

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "/", "http://double");
    requests.push(seenRequest(request));
    calls.push(`${request.method ?? ""} ${url.pathname}`);
    if (faults.answersHTML) {
      sendHTML(response);
      return;
    }
    const wanted = `Basic ${Buffer.from(`opencode:${identity.password}`).toString("base64")}`;
    const isKnown = identity.password === "" || request.headers.authorization === wanted;
    if (faults.refuses !== undefined || !isKnown) {
      refuse(response, faults.refuses !== "withoutBody");
      return;
    }
    if (url.pathname === "/openapi.json" && !faults.hasNoSpecification) {
      sendJSON(
        response,
        200,
        openapiOf(
          entries.map(([, route]) => route),
          identity.version,
        ),
      );
      return;
    }
    for (const { name, route, pattern } of matchers) {
      const match = request.method === route.method ? pattern.exec(url.pathname) : null;
      if (match === null) continue;
      const body = await bodyOf(request);
      const wrong = route.body === undefined ? [] : misfits(body, route.body);
      if (wrong.length > 0) {
        violations.push(...wrong.map((misfit) => `request ${name} ${misfit}`));
        sendJSON(response, 400, { _tag: "BadRequestError", message: wrong.join("; ") });
        return;
      }
      const parameters = match.slice(1).map(decodeURIComponent);
      const said = handlers[name]({
        parameters,
        query: url.searchParams,
        body: isRecord(body) ? body : {},
        response,
      });
      switch (said.kind) {
        case "open":
          return;
        case "nothing":
          response.writeHead(204).end();
          return;
        case "refusal":
          sendJSON(response, said.status, { _tag: said.tag, message: said.message });
          return;
        case "json":
          if (route.answer !== undefined) {
            const found = misfits(said.body, route.answer);
            violations.push(...found.map((misfit) => `answer ${name} ${misfit}`));
          }
          sendJSON(response, 200, said.body);
          return;
      }
    }
    // The web page, as for any unknown path.
    sendHTML(response);
  };

  let server: Server | undefined;
  const down = async (): Promise<void> => {
    const running = server;
    server = undefined;
    if (running === undefined) return;
    const closed = new Promise((resolve) => running.close(resolve));
    running.closeAllConnections();
    await closed;
  };
  const listen = async (port: number): Promise<void> => {
    const started = createServer((request, response) => {
      answer(request, response).catch((error: unknown) => {
        violations.push(`crash ${String(error)}`);
        if (!response.headersSent)
          sendJSON(response, 500, { _tag: "UnknownError", message: String(error) });
      });
    });
    await new Promise<void>((resolve, reject) => {
      started.once("error", reject);
      started.listen(port, "127.0.0.1", resolve);
    });
    server = started;
    const address = started.address() as AddressInfo;
    identity.url = `http://127.0.0.1:${String(address.port)}`;
  };
  await listen(options.port ?? 0);

  const stop = async (): Promise<void> => {
    forget();
    hub.stop();
    await turns.stop();
    await down();
  };
  const forget = endWithProgram({ stop, kill: () => server?.closeAllConnections() });

  return {
    get url() {
      return identity.url;
    },
    get password() {
      return identity.password;
    },
    get version() {
      return identity.version;
    },
    get pid() {
      return identity.pid;
    },
    state,
    hub,
    turns,
    faults,
    mcpServers,
    violations,
    calls,
    requests,
    register: async (file, overrides = {}) => {
      const { url, version, pid, password } = identity;
      const content = { id: "service", version, url, pid, password, ...overrides };
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, JSON.stringify(content), { mode: 0o600 });
    },
    down,
    up: async (as = {}) => {
      await down();
      Object.assign(identity, as);
      await listen(Number(new URL(identity.url).port));
    },
    stop,
  };
}

function parameterCount(path: string): number {
  return path.split("{").length;
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replace(/\{[^}]*\}/g, "([^/]+)")}$`);
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString("utf8");
  try {
    return body === "" ? {} : (JSON.parse(body) as unknown);
  } catch {
    return undefined;
  }
}

function refuse(response: ServerResponse, hasBody: boolean): void {
  if (hasBody) {
    sendJSON(response, 401, { _tag: "UnauthorizedError", message: "Authentication required" });
  } else response.writeHead(401).end();
}

function sendHTML(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/html" });
  response.end("<!doctype html><title>OpenCode</title>");
}

function sendJSON(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
