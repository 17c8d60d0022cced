import { t } from "../core/language.ts";
import type { IncomingMessage } from "node:http";
import { ServerError, type ServerErrorReason } from "../core/errors.ts";
import { bounded, formatMegabytes, MAX_BODY_BYTES } from "../core/limits.ts";
import { failed, ok, type Result } from "../core/result.ts";
import type { Endpoint } from "../core/state/endpoint.ts";
import { unlessAborted, withLimits } from "../core/timeLimit.ts";
import { objectOf, stringOf } from "./narrow.ts";

/** How to reach a server. The password is held in memory only and never logged. */
export interface ServerAccess {
  readonly url: string;
  readonly username: string;
  readonly password: string | undefined;
  /** Sends the requests if the address can't be reached directly, e.g. for an agent in a cluster. */
  readonly fetch?: typeof fetch | undefined;
}

/** Time a plain request may take before it counts as failed. */
export const REQUEST_TIMEOUT_MS = 30_000;

/** Headers that identify us to the server. */
export function authHeaders(access: ServerAccess): Record<string, string> {
  if (access.password === undefined) return {};
  const pair = Buffer.from(`${access.username}:${access.password}`, "utf8").toString("base64");
  return { authorization: `Basic ${pair}` };
}

/** Turns what `fetch` throws into an error with a reason. Messages contain no headers and no body. */
export function toServerError(error: unknown, signal?: AbortSignal): ServerError {
  if (ServerError.is(error)) return error;
  if (signal?.aborted === true) return new ServerError("cancelled", "cancelled", { cause: error });
  const name = error instanceof Error ? error.name : "";
  if (name === "TimeoutError") {
    return new ServerError("timeout", t("the server did not answer in time"), { cause: error });
  }
  const code = networkCode(error);
  const message =
    code === "ECONNREFUSED"
      ? t("nothing listens there (connection refused)")
      : code === "ENOTFOUND" || code === "EAI_AGAIN"
        ? t("unknown host name")
        : code === "ECONNRESET" || code === "UND_ERR_SOCKET"
          ? t("the connection was interrupted")
          : code === undefined
            ? t("the server cannot be reached")
            : t`the server cannot be reached (${code})`;
  return new ServerError("unreachable", message, { cause: error });
}

function networkCode(error: unknown): string | undefined {
  let at: unknown = error;
  for (let depth = 0; depth < 4 && at instanceof Error; depth++) {
    if ("code" in at && typeof at.code === "string") return at.code;
    at = at.cause;
  }
  return undefined;
}

/**
 * What an HTTP status means; undefined for success. 401 asks for a password, and waits for the user. 403
 * doesn't: no password would change it, so it is a refusal like any other, and is retried like one.
 */
export function reasonOfStatus(status: number): ServerErrorReason | undefined {
  if (status >= 200 && status < 300) return undefined;
  if (status === 401) return "unauthorized";
  if (status === 404) return "notFound";
  if (status === 405 || status === 501) return "unsupported";
  if (status === 408 || status === 504) return "timeout";
  if (status === 502 || status === 503) return "unreachable";
  return "rejected";
}

/** The head of an answer, however it was fetched. */
export interface AnswerHead {
  readonly status: number;
  readonly header: (name: string) => string | null | undefined;
}

export function headOfResponse({ status, headers }: Response): AnswerHead {
  return { status, header: (name) => headers.get(name) };
}

export function headOfMessage({ statusCode = 0, headers }: IncomingMessage): AnswerHead {
  return {
    status: statusCode,
    header: (name) => {
      const value = headers[name];
      return typeof value === "string" ? value : undefined;
    },
  };
}

/**
 * The error for an unsuccessful answer, including the message in its body; undefined for success. A web page
 * counts as unsuccessful: OpenCode serves one with status 200 for every route it doesn't know.
 */
export function errorOfHead(
  { status, header }: AnswerHead,
  body?: unknown,
): ServerError | undefined {
  const reason = reasonOfStatus(status);
  if (reason !== undefined) {
    return new ServerError(reason, describeStatus(reason, status), {
      status,
      said: messageOfBody(body),
      retryAfterMs: parseRetryAfter(header),
    });
  }
  if (header("content-type")?.includes("text/html") !== true) return undefined;
  return new ServerError(
    "unsupported",
    t("the server answered with a web page: it does not support this request"),
    { status },
  );
}

function describeStatus(reason: ServerErrorReason, status: number): string {
  if (status === 403) return t("the server denied access (403)");
  switch (reason) {
    case "unauthorized":
      return t("the server requires a password, or rejected the one it was given");
    case "notFound":
      return t("not found on the server (404)");
    case "unsupported":
      return t`the server does not support this (${String(status)})`;
    default:
      return t`the server rejected the request (${String(status)})`;
  }
}

/** The longest a server can make us wait. */
const LONGEST_RETRY_AFTER_MS = 10 * 60_000;

/** Reads `Retry-After`, seconds or a date, as a bounded delay from when the server answered. */
function parseRetryAfter(header: AnswerHead["header"]): number | undefined {
  const value = header("retry-after");
  if (value === undefined || value === null) return undefined;
  const seconds = Number(value);
  const delayMs = Number.isNaN(seconds)
    ? Date.parse(value) - Date.parse(header("date") ?? "")
    : seconds * 1_000;
  return Number.isNaN(delayMs) ? undefined : Math.min(Math.max(0, delayMs), LONGEST_RETRY_AFTER_MS);
}

const LONGEST_MESSAGE = 200;

/** The message in the body of a refusal, `{message}` or `{data{message}}`; bounded. */
function messageOfBody(body: unknown): string | undefined {
  const { data, message } = objectOf(body);
  const text = stringOf(objectOf(data)["message"]) ?? stringOf(message);
  return text === undefined ? undefined : bounded(text, LONGEST_MESSAGE);
}

/** The body of a refusal, for its message. Drains the response. */
async function refusalBody(response: Response): Promise<unknown> {
  try {
    if (response.headers.get("content-type")?.includes("json") === true) {
      return await response.json();
    }
    await response.body?.cancel();
  } catch {
    // A refusal without a message is still a refusal.
  }
  return undefined;
}

/**
 * The only call to `fetch`, ours or that of an access. A redirect is an error: what may be sent to one address
 * may not be sent to another, and no OpenCode server redirects. The body has no limit: it may be a stream.
 */
export async function fetchHere(
  { fetch: send }: Pick<ServerAccess, "fetch">,
  input: string | URL | Request,
  init?: RequestInit,
): Promise<Response> {
  // Handled manually, since `redirect: "error"` doesn't say why it failed.
  // eslint-disable-next-line no-restricted-globals -- the one place
  const response = await (send ?? fetch)(input, { ...init, redirect: "manual" });
  if (response.status < 300 || response.status >= 400 || response.status === 304) return response;
  await response.body?.cancel();
  const message = t("the server redirects to another address, and redirects are not followed");
  throw new ServerError("rejected", message, { status: response.status });
}

/** The same answer with a body that fails past `MAX_BODY_BYTES`, counted after decompression. */
function withBoundedBody(response: Response): Response {
  if (response.body === null) return response;
  let bytes = 0;
  const counted = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        bytes += chunk.length;
        if (bytes > MAX_BODY_BYTES) controller.error(bodyTooLong(response.status));
        else controller.enqueue(chunk);
      },
    }),
  );
  const { status, statusText, headers } = response;
  return new Response(counted, { status, statusText, headers });
}

/** The error for an answer longer than `MAX_BODY_BYTES`. */
export function bodyTooLong(status: number): ServerError {
  const limit = formatMegabytes(MAX_BODY_BYTES);
  return new ServerError("invalidResponse", t`the server's answer is longer than ${limit}`, {
    status,
  });
}

/**
 * Like `fetch`, but retries a GET once if its connection was cut before an answer: a kept or spare connection
 * doesn't survive a server restart, and that only shows when it is used.
 */
export async function fetchAgain(
  access: Pick<ServerAccess, "fetch">,
  input: string | URL | Request,
  init?: RequestInit,
): Promise<Response> {
  const again = input instanceof Request ? input.clone() : input;
  const method = input instanceof Request ? input.method : (init?.method ?? "GET");
  try {
    return withBoundedBody(await fetchHere(access, input, init));
  } catch (error) {
    const code = networkCode(error);
    if (method !== "GET" || (code !== "ECONNRESET" && code !== "UND_ERR_SOCKET")) throw error;
    return withBoundedBody(await fetchHere(access, again, init));
  }
}

/**
 * The time on a server's clock, in milliseconds since the epoch, from the head of an answer that needs no
 * password; undefined if it isn't reported, or only a tunnel leads there. Whole seconds.
 */
export async function readClock(
  { url, isTunnel }: Pick<Endpoint, "url" | "isTunnel">,
  signal: AbortSignal,
): Promise<number | undefined> {
  if (isTunnel === true) return undefined;
  try {
    const response = await fetchHere({}, url, { method: "HEAD", signal });
    const clockMs = Date.parse(response.headers.get("date") ?? "");
    return Number.isNaN(clockMs) ? undefined : clockMs;
  } catch {
    return undefined;
  }
}

/** A JSON request to one server. */
export interface JSONRequest {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  /** Undefined: `REQUEST_TIMEOUT_MS`; zero: none. */
  readonly timeoutMs?: number;
}

/** A JSON answer with the headers that paging needs. */
export interface JSONAnswer {
  readonly body: unknown;
  readonly headers: Headers;
  readonly status: number;
}

/**
 * Sends a request and parses the JSON answer. The body is `undefined` if it is empty. All failures are values.
 */
export async function requestJSON(
  access: ServerAccess,
  path: string,
  request: JSONRequest = {},
): Promise<Result<JSONAnswer>> {
  const { signal, timeoutMs = REQUEST_TIMEOUT_MS } = request;
  try {
    return await withLimits({ signals: [signal], timeoutMs }, (limited) =>
      unlessAborted(limited, exchange(access, path, request, limited)),
    );
  } catch (error) {
    return failed(toServerError(error, signal));
  }
}

async function exchange(
  access: ServerAccess,
  path: string,
  { method = "GET", body }: JSONRequest,
  signal: AbortSignal,
): Promise<Result<JSONAnswer>> {
  const response = await fetchAgain(access, `${access.url}${path}`, {
    method,
    headers: {
      accept: "application/json",
      ...authHeaders(access),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal,
  });
  const head = headOfResponse(response);
  if (errorOfHead(head) !== undefined) {
    const error = errorOfHead(head, await refusalBody(response));
    if (error !== undefined) return failed(error);
  }
  const { headers, status } = response;
  const text = await response.text();
  try {
    return ok({ body: text === "" ? undefined : (JSON.parse(text) as unknown), headers, status });
  } catch (cause) {
    return failed(
      new ServerError("invalidResponse", t("the server's answer is not JSON"), { cause }),
    );
  }
}
