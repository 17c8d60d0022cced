import { createHash } from "node:crypto";
import {
  type Agent,
  type IncomingMessage,
  request as requestHTTP,
  type RequestOptions,
} from "node:http";
import { request as requestHTTPS, type RequestOptions as HTTPSOptions } from "node:https";
import { createSecureContext, type SecureContext } from "node:tls";
import { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import WebSocket from "ws";
import { ServerError } from "../../core/errors.ts";
import { failed, ok, type Result } from "../../core/result.ts";
import { ExecLogin } from "./execCredential.ts";
import { errorOfStatus, toClusterError } from "./kubeErrors.ts";
import { fieldsOf, parseJSON } from "./values.ts";

/** What to ask of an API server. */
export interface KubeRequest {
  readonly method?: "GET" | "POST" | "PATCH" | "DELETE";
  /** Path with its query. */
  readonly path: string;
  /** Sent as JSON, or as it is when it is a text. */
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
}

/** What goes with every request by way of one credential. */
export interface Credentials {
  readonly server: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly agent: Agent;
  readonly options: HTTPSOptions;
}

const REQUEST_TIMEOUT_MS = 30_000;
/** Each connection to a cluster costs a handshake: more at once make lists slower, not faster. */
const MOST_AT_ONCE = 5;
const KEEP_ALIVE_MS = 30_000;
/** Tokens in files change, and so do those of login programs: looked at again after so long. */
const SHOWN_MS = 5000;

/**
 * One cluster by one context of the kubeconfig: logs in, keeps connections, and turns what goes wrong into
 * errors with a reason. Nothing is asked before the first call. The kubeconfig is read again when the
 * cluster refuses its credentials: they may have been renewed.
 */
export class ClusterAccess {
  readonly context: string;
  readonly #load: () => KubeConfig | undefined;
  #config: KubeConfig | undefined;
  #login: ExecLogin | undefined;
  #agent: { readonly key: string; readonly agent: Agent } | undefined;
  #asking = 0;
  readonly #waiting: (() => void)[] = [];
  #shown:
    { readonly credentials: Promise<Result<Credentials>>; readonly untilMs: number } | undefined;

  constructor(context: string, load: () => KubeConfig | undefined) {
    this.context = context;
    this.#load = load;
  }

  /** Asks and gives the JSON of the answer; undefined for an empty one. */
  async request(request: KubeRequest): Promise<Result<unknown>> {
    await this.#turn();
    try {
      return await this.#ask(request);
    } finally {
      this.#asking--;
      this.#waiting.shift()?.();
    }
  }

  /** Waits until there are not too many questions on their way. */
  async #turn(): Promise<void> {
    if (this.#asking >= MOST_AT_ONCE) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#asking++;
  }

  async #ask(request: KubeRequest): Promise<Result<unknown>> {
    const opened = await this.open(request);
    if (!opened.ok) return opened;
    const text = await textOfResponse(opened.value);
    if (!text.ok || text.value === "") return text.ok ? ok(undefined) : text;
    const body = parseJSON(text.value);
    return body === undefined
      ? failed(new ServerError("invalidResponse", "the cluster's answer is not JSON"))
      : ok(body);
  }

  /**
   * Asks and gives the answer's stream once it has begun well. Credentials that are refused are renewed
   * once. The timeout is for the beginning alone.
   */
  async open(request: KubeRequest): Promise<Result<IncomingMessage>> {
    for (let attempt = 0; ; attempt++) {
      const credentials = await this.credentials();
      if (!credentials.ok) return credentials;
      const answer = await send(credentials.value, request);
      if (!answer.ok) return answer;
      const status = answer.value.statusCode ?? 0;
      if (status >= 200 && status < 300) return answer;
      const text = await textOfResponse(answer.value);
      if (status === 401 && attempt === 0 && this.#renew()) continue;
      return failed(errorOfStatus(status, text.ok ? parseJSON(text.value) : undefined));
    }
  }

  /** Makes a websocket to a path; whoever asked for it listens for how that goes. */
  async socket(path: string, protocols: readonly string[]): Promise<Result<WebSocket>> {
    const credentials = await this.credentials();
    if (!credentials.ok) return credentials;
    const { server, headers, agent, options } = credentials.value;
    const url = `${server.origin.replace(/^http/, "ws")}${base(server)}${path}`;
    return ok(
      new WebSocket(url, [...protocols], {
        ...options,
        headers,
        agent,
        perMessageDeflate: false,
        handshakeTimeout: REQUEST_TIMEOUT_MS,
        maxPayload: 64 * 1024 * 1024,
      }),
    );
  }

  /** The cluster refused what it was shown: forgets it. False when there is nothing else to show. */
  #renew(): boolean {
    this.#config = undefined;
    this.#shown = undefined;
    if (this.#login === undefined) return true;
    this.#login.forget();
    return true;
  }

  /** How the cluster is reached now; logs in where that is needed, once for all that ask at the same time. */
  credentials(): Promise<Result<Credentials>> {
    if (this.#shown !== undefined && this.#shown.untilMs > Date.now()) {
      return this.#shown.credentials;
    }
    const credentials = this.#credentials();
    const shown = { credentials, untilMs: Number.POSITIVE_INFINITY };
    this.#shown = shown;
    void credentials.then(({ ok }) => {
      shown.untilMs = ok ? Date.now() + SHOWN_MS : 0;
    });
    return credentials;
  }

  async #credentials(): Promise<Result<Credentials>> {
    this.#config ??= this.#read();
    const config = this.#config;
    const cluster = config?.getCurrentCluster();
    if (config === undefined || cluster === null || cluster === undefined) {
      return failed(
        new ServerError("notFound", `the kubeconfig has no usable context “${this.context}”`),
      );
    }
    const shown = await this.#loggedIn(config);
    if (!shown.ok) return shown;
    const options: HTTPSOptions = { headers: {} };
    try {
      const server = new URL(cluster.server);
      if (server.protocol === "http:" && !cluster.skipTLSVerify)
        Object.assign(cluster, { skipTLSVerify: true });
      await shown.value.applyToHTTPSOptions(options);
      const { headers, agent, auth, ...rest } = options;
      const all: Record<string, string> = {};
      for (const [name, value] of Object.entries(headers ?? {})) all[name] = String(value);
      if (typeof auth === "string") {
        all["Authorization"] = `Basic ${Buffer.from(auth).toString("base64")}`;
      }
      const kept = this.#keptAgent(rest, agent);
      return ok({ server, headers: all, agent: kept, options: prepared(rest, cluster.proxyUrl) });
    } catch (cause) {
      return failed(
        cause instanceof Error && "code" in cause && cause.code === "ENOENT"
          ? new ServerError("unauthorized", "a file the kubeconfig names does not exist", { cause })
          : new ServerError("unauthorized", "the kubeconfig's credentials cannot be used", {
              cause,
            }),
      );
    }
  }

  #read(): KubeConfig | undefined {
    const config = this.#load();
    const user = config?.getCurrentUser();
    const cluster = config?.getCurrentCluster();
    const exec: unknown = user?.exec ?? fieldsOf(fieldsOf(user?.authProvider)["config"])["exec"];
    if (exec === undefined || cluster === null || cluster === undefined) this.#login = undefined;
    else {
      this.#login ??= new ExecLogin(exec, {
        server: cluster.server,
        ...(cluster.caData === undefined ? {} : { "certificate-authority-data": cluster.caData }),
        ...(cluster.tlsServerName === undefined
          ? {}
          : { "tls-server-name": cluster.tlsServerName }),
        ...(cluster.skipTLSVerify ? { "insecure-skip-tls-verify": true } : {}),
      });
    }
    return config;
  }

  /** The configuration with what a login program gave in the place of the program. */
  async #loggedIn(config: KubeConfig): Promise<Result<KubeConfig>> {
    if (this.#login === undefined) return ok(config);
    const credential = await this.#login.credential();
    if (!credential.ok) return credential;
    const { token, certificate, key } = credential.value;
    const known = new KubeConfig();
    const user = config.getCurrentUser();
    const base64 = (text: string): string => Buffer.from(text).toString("base64");
    known.loadFromOptions({
      clusters: config.clusters,
      contexts: config.contexts,
      users: [
        {
          name: user?.name ?? "",
          ...(token === undefined ? {} : { token }),
          ...(certificate === undefined ? {} : { certData: base64(certificate) }),
          ...(key === undefined ? {} : { keyData: base64(key) }),
        },
      ],
      currentContext: this.context,
    });
    return ok(known);
  }

  /** One pool of connections for as long as the credentials are the same. */
  #keptAgent(options: HTTPSOptions, fresh: unknown): Agent {
    const { cert, key, ca, servername } = options;
    const material = [cert, key, ca, servername].map((part) => String(part as unknown)).join("\n");
    const fingerprint = createHash("sha256").update(material).digest("hex");
    if (this.#agent?.key === fingerprint) return this.#agent.agent;
    // The library makes an agent of the right kind, but one that keeps no connection.
    const agent = fresh as Agent;
    Object.assign(agent, { keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS });
    this.#agent?.agent.destroy();
    this.#agent = { key: fingerprint, agent };
    return agent;
  }

  dispose(): void {
    this.#agent?.agent.destroy();
    this.#agent = undefined;
  }
}

/** Certificates are read once for all connections; proxies make their own connections of what they are given. */
function prepared(
  options: HTTPSOptions,
  proxyURL: string | undefined,
): HTTPSOptions & { readonly secureContext?: SecureContext } {
  if (proxyURL !== undefined) return options;
  const { ca, cert, key, ...rest } = options;
  return { ...rest, secureContext: createSecureContext({ ca, cert, key }) };
}

function base(server: URL): string {
  return server.pathname.replace(/\/+$/, "");
}

function send(
  { server, headers, agent, options }: Credentials,
  request: KubeRequest,
  isAgain = false,
): Promise<Result<IncomingMessage>> {
  const { method = "GET", body, signal } = request;
  const payload =
    body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
  return new Promise((resolve) => {
    const all: RequestOptions = {
      ...options,
      method,
      agent,
      ...(signal === undefined ? {} : { signal }),
      headers: {
        accept: "application/json",
        ...headers,
        ...(payload === undefined
          ? {}
          : {
              "content-type": request.contentType ?? "application/json",
              "content-length": String(Buffer.byteLength(payload)),
            }),
      },
    };
    const start = server.protocol === "http:" ? requestHTTP : requestHTTPS;
    const sent = start(`${server.origin}${base(server)}${request.path}`, all);
    const timer = setTimeout(() => {
      sent.destroy(new ServerError("timeout", "the cluster did not answer in time"));
    }, request.timeoutMs ?? REQUEST_TIMEOUT_MS);
    sent.once("response", (response) => {
      clearTimeout(timer);
      response.once("error", () => undefined);
      resolve(ok(response));
    });
    sent.once("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      // A kept connection may have been closed by the other side just now.
      if (sent.reusedSocket && error.code === "ECONNRESET" && method === "GET" && !isAgain) {
        resolve(send({ server, headers, agent, options }, request, true));
      } else resolve(failed(toClusterError(error, signal)));
    });
    sent.end(payload);
  });
}

/** Reads an answer to its end. */
function textOfResponse(response: IncomingMessage): Promise<Result<string>> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.once("end", () => {
      resolve(ok(Buffer.concat(chunks).toString()));
    });
    response.once("error", (error) => {
      resolve(failed(toClusterError(error)));
    });
  });
}
