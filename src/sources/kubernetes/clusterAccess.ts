import { t } from "../../core/language.ts";
import { createHash } from "node:crypto";
import {
  type Agent,
  type IncomingMessage,
  request as requestHTTP,
  type RequestOptions,
} from "node:http";
import { request as requestHTTPS, type RequestOptions as HTTPSOptions } from "node:https";
import { createSecureContext, type SecureContext } from "node:tls";
import { trimEndOf } from "../../core/trim.ts";
import { ServerError } from "../../core/errors.ts";
import { MAX_FORWARDED_MESSAGE_BYTES } from "../../core/limits.ts";
import { Limiter } from "../../core/limiter.ts";
import { failed, ok, type Result } from "../../core/result.ts";
import { execCluster, type ExecCredential, type ExecLogin, ExecLogins } from "./execCredential.ts";
import { type Allowance, isStatus, textOfResponse } from "./answers.ts";
import { errorOfStatus, toClusterError } from "./kubeErrors.ts";
import { KubeConfig, WebSocket } from "./kubernetesClient.ts";
import { fieldsOf, parseJSON } from "./values.ts";

/** A request to an API server. */
export interface KubeRequest {
  readonly method?: string;
  /** Path including its query. */
  readonly path: string;
  /** Sent as JSON; text and bytes are sent unchanged. */
  readonly body?: unknown;
  /** Extra headers besides the credentials; by default the body and the answer are JSON. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
  /** Shared by the answers that are kept together. */
  readonly allowance?: Allowance;
}

/** An API server's answer; a refusal comes with its text, which was read to find out who refused. */
export interface KubeAnswer {
  readonly response: IncomingMessage;
  readonly refusal?: string;
}

/** What every request sends for one credential. */
export interface Credentials {
  readonly server: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly agent: Agent;
  readonly options: HTTPSOptions;
  /** What a login program returned, if there is one. */
  readonly exec: ExecCredential | undefined;
}

export interface AccessOptions {
  /** Shared by the contexts that may belong to one cluster. */
  readonly logins?: ExecLogins;
  /** A monotonic clock, in milliseconds. */
  readonly now?: () => number;
}

const REQUEST_TIMEOUT_MS = 30_000;
/** Each connection to a cluster costs a handshake: more connections at once slow lists down. */
const MOST_AT_ONCE = 5;
const KEEP_ALIVE_MS = 30_000;
/** How long credentials are reused: tokens in files and from login programs change. */
const SHOWN_MS = 5000;

/**
 * One cluster, through one context of the kubeconfig: logs in, pools connections, and turns failures into
 * errors with a reason. Sends nothing before the first call. Re-reads the kubeconfig when the cluster refuses
 * its credentials, since they may have been renewed.
 */
export class ClusterAccess {
  readonly context: string;
  readonly #load: () => KubeConfig | undefined;
  #config: KubeConfig | undefined;
  readonly #logins: ExecLogins;
  readonly #now: () => number;
  #login: ExecLogin | undefined;
  #agent: { readonly key: string; readonly agent: Agent } | undefined;
  readonly #requests = new Limiter(MOST_AT_ONCE);
  #shown:
    { readonly credentials: Promise<Result<Credentials>>; readonly untilMs: number } | undefined;

  constructor(
    context: string,
    load: () => KubeConfig | undefined,
    { logins = new ExecLogins(), now = () => performance.now() }: AccessOptions = {},
  ) {
    this.context = context;
    this.#load = load;
    this.#logins = logins;
    this.#now = now;
  }

  /** Sends a request and returns the JSON of the answer; undefined for an empty one. */
  request(request: KubeRequest): Promise<Result<unknown>> {
    return this.#requests.run(() => this.#ask(request));
  }

  async #ask(request: KubeRequest): Promise<Result<unknown>> {
    const opened = await this.open(request);
    if (!opened.ok) return opened;
    const text = await textOfResponse(opened.value, request.allowance);
    if (!text.ok || text.value === "") return text.ok ? ok(undefined) : text;
    const body = parseJSON(text.value);
    return body === undefined
      ? failed(new ServerError("invalidResponse", t("the cluster's answer is not JSON")))
      : ok(body);
  }

  /**
   * Sends a request and returns the answer's stream once it has begun successfully. Refused credentials are
   * renewed once. The timeout only covers the beginning.
   */
  async open(request: KubeRequest): Promise<Result<IncomingMessage>> {
    const answer = await this.#exchange(request, () => true);
    if (!answer.ok) return answer;
    const { response, refusal } = answer.value;
    return refusal === undefined ? ok(response) : failed(refused(response, refusal));
  }

  /**
   * Like `open`, for a request the API server proxies: an answer that isn't the API server's own is returned
   * unchanged, with its text if it is a refusal.
   */
  async passOn(request: KubeRequest): Promise<Result<KubeAnswer>> {
    const answer = await this.#exchange(request, isStatus);
    if (!answer.ok) return answer;
    const { response, refusal } = answer.value;
    return refusal !== undefined && isStatus(refusal) ? failed(refused(response, refusal)) : answer;
  }

  async #exchange(
    request: KubeRequest,
    isOwn: (refusal: string) => boolean,
  ): Promise<Result<KubeAnswer>> {
    for (let attempt = 0; ; attempt++) {
      const credentials = await this.credentials();
      if (!credentials.ok) return credentials;
      const answer = await send(credentials.value, request);
      if (!answer.ok) return answer;
      const response = answer.value;
      const status = response.statusCode ?? 0;
      // A redirect is a refusal: nothing follows it, so nothing has been done.
      if (status >= 200 && status < 300) {
        this.#login?.accepted();
        return ok({ response });
      }
      const text = await textOfResponse(response);
      const refusal = text.ok ? text.value : "";
      if (status === 401 && isOwn(refusal)) {
        this.#refused(credentials.value, refused(response, refusal));
        if (attempt === 0) continue;
      }
      return ok({ response, refusal });
    }
  }

  /** Opens a websocket to a path, and returns it open and paused. */
  async socket(path: string, protocols: readonly string[]): Promise<Result<WebSocket>> {
    const credentials = await this.credentials();
    if (!credentials.ok) return credentials;
    const { server, headers, agent, options } = credentials.value;
    const url = `${server.origin.replace(/^http/, "ws")}${base(server)}${path}`;
    const websocket = new WebSocket(url, [...protocols], {
      ...options,
      headers,
      agent,
      perMessageDeflate: false,
      handshakeTimeout: REQUEST_TIMEOUT_MS,
      maxPayload: MAX_FORWARDED_MESSAGE_BYTES,
    });
    return new Promise<Result<WebSocket>>((resolve) => {
      websocket.once("open", () => {
        // Hold back the kubelet's first messages until somebody listens.
        websocket.pause();
        resolve(ok(websocket));
      });
      websocket.on("error", (error) => {
        resolve(failed(toClusterError(error)));
      });
      websocket.once("unexpected-response", (_request: unknown, response: IncomingMessage) => {
        void textOfResponse(response).then((text) => {
          resolve(failed(refused(response, text.ok ? text.value : "")));
          websocket.terminate();
        });
      });
    });
  }

  /** The user asked for a retry: a login program that has given up may run again. */
  retry(): void {
    this.#login?.retry();
  }

  /** The cluster refused these credentials: the next call re-reads the kubeconfig and logs in again. */
  #refused({ exec }: Credentials, error: ServerError): void {
    this.#config = undefined;
    this.#shown = undefined;
    if (exec !== undefined) this.#login?.refused(exec, error);
  }

  /** How to reach the cluster now; logs in if needed, once for all concurrent callers. */
  credentials(): Promise<Result<Credentials>> {
    if (this.#shown !== undefined && this.#shown.untilMs > this.#now()) {
      return this.#shown.credentials;
    }
    const credentials = this.#credentials();
    const shown = { credentials, untilMs: Number.POSITIVE_INFINITY };
    this.#shown = shown;
    void credentials.then(({ ok }) => {
      shown.untilMs = ok ? this.#now() + SHOWN_MS : 0;
    });
    return credentials;
  }

  async #credentials(): Promise<Result<Credentials>> {
    this.#config ??= this.#read();
    const config = this.#config;
    const cluster = config?.getCurrentCluster();
    if (config === undefined || cluster === null || cluster === undefined) {
      return failed(
        new ServerError("notFound", t`the kubeconfig has no usable context “${this.context}”`),
      );
    }
    const login = await this.#login?.credential();
    if (login?.ok === false) return login;
    const exec = login?.value;
    const options: HTTPSOptions = { headers: {} };
    try {
      const server = new URL(cluster.server);
      if (server.protocol === "http:" && !cluster.skipTLSVerify)
        Object.assign(cluster, { skipTLSVerify: true });
      await (exec === undefined ? config : this.#withLogin(config, exec)).applyToHTTPSOptions(
        options,
      );
      const { headers, agent, auth, ...rest } = options;
      const all: Record<string, string> = {};
      for (const [name, value] of Object.entries(headers ?? {})) all[name] = String(value);
      if (typeof auth === "string") {
        all["Authorization"] = `Basic ${Buffer.from(auth).toString("base64")}`;
      }
      const kept = this.#keptAgent(rest, agent);
      const secured = prepared(rest, cluster.proxyUrl);
      return ok({ server, headers: all, agent: kept, options: secured, exec });
    } catch (cause) {
      return failed(
        cause instanceof Error && "code" in cause && cause.code === "ENOENT"
          ? new ServerError("unauthorized", t("a file named in the kubeconfig does not exist"), {
              cause,
            })
          : new ServerError("unauthorized", t("the kubeconfig's credentials cannot be used"), {
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
    const isProgram = exec !== undefined && cluster !== null && cluster !== undefined;
    this.#login = isProgram ? this.#logins.of(exec, execCluster(cluster)) : undefined;
    return config;
  }

  /** The configuration with a login program's result in place of the program. */
  #withLogin(config: KubeConfig, { token, certificate, key }: ExecCredential): KubeConfig {
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
    return known;
  }

  /** One connection pool for as long as the credentials stay the same. */
  #keptAgent(options: HTTPSOptions, fresh: unknown): Agent {
    const { cert, key, ca, servername } = options;
    const material = [cert, key, ca, servername].map((part) => String(part as unknown)).join("\n");
    const fingerprint = createHash("sha256").update(material).digest("hex");
    if (this.#agent?.key === fingerprint) return this.#agent.agent;
    // The library creates the right kind of agent, but one without keep-alive.
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

/** Reads certificates once for all connections; proxies build their own connections from the raw options. */
function prepared(
  options: HTTPSOptions,
  proxyURL: string | undefined,
): HTTPSOptions & { readonly secureContext?: SecureContext } {
  if (proxyURL !== undefined) return options;
  const { ca, cert, key, ...rest } = options;
  return { ...rest, secureContext: createSecureContext({ ca, cert, key }) };
}

function base(server: URL): string {
  return trimEndOf(server.pathname, "/");
}

function send(
  credentials: Credentials,
  request: KubeRequest,
  isAgain = false,
): Promise<Result<IncomingMessage>> {
  const { server, headers, agent, options } = credentials;
  const { method = "GET", body, signal } = request;
  const payload =
    body === undefined || typeof body === "string" || Buffer.isBuffer(body)
      ? body
      : JSON.stringify(body);
  return new Promise((resolve) => {
    const all: RequestOptions = {
      ...options,
      method,
      agent,
      ...(signal === undefined ? {} : { signal }),
      headers: {
        accept: "application/json",
        ...(payload === undefined
          ? {}
          : {
              "content-type": "application/json",
              "content-length": String(Buffer.byteLength(payload)),
            }),
        ...request.headers,
        ...headers,
      },
    };
    const start = server.protocol === "http:" ? requestHTTP : requestHTTPS;
    const sent = start(`${server.origin}${base(server)}${request.path}`, all);
    const timer = setTimeout(() => {
      sent.destroy(new ServerError("timeout", t("the cluster did not answer in time")));
    }, request.timeoutMs ?? REQUEST_TIMEOUT_MS);
    // A signal may destroy the connection just as it returns to the pool, when it has no other listener.
    sent.once("socket", (socket) => {
      if (!socket.listeners("error").includes(ignore)) socket.on("error", ignore);
    });
    sent.once("response", (response) => {
      clearTimeout(timer);
      response.on("error", ignore);
      resolve(ok(response));
    });
    sent.on("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      // The other side may have just closed a kept connection.
      if (sent.reusedSocket && error.code === "ECONNRESET" && method === "GET" && !isAgain) {
        resolve(send(credentials, request, true));
      } else resolve(failed(toClusterError(error, signal)));
    });
    sent.end(payload);
  });
}

function ignore(): void {
  // The requester learns of the error another way.
}

function refused(response: IncomingMessage, text: string): ServerError {
  return errorOfStatus(response.statusCode ?? 0, parseJSON(text));
}
