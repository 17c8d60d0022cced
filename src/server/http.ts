import { ServerError, type ServerErrorReason } from "../core/errors.ts";
import { failed, ok, type Result } from "../core/result.ts";
import { objectOf, stringOf } from "./narrow.ts";

/** How a server is reached. The password is held in memory only and never logged. */
export interface ServerAccess {
  readonly url: string;
  readonly username: string;
  readonly password: string | undefined;
}

/** Time a plain request may take before it counts as failed. */
export const REQUEST_TIMEOUT_MS = 30_000;

/** Headers that identify us to the server. */
export function authHeaders(access: ServerAccess): Record<string, string> {
  if (access.password === undefined) return {};
  const pair = Buffer.from(`${access.username}:${access.password}`, "utf8").toString("base64");
  return { authorization: `Basic ${pair}` };
}

/** Turns what `fetch` throws into an error with a reason. Messages name no header and no body. */
export function toServerError(error: unknown, signal?: AbortSignal): ServerError {
  if (ServerError.is(error)) return error;
  if (signal?.aborted === true) return new ServerError("cancelled", "cancelled", { cause: error });
  const name = error instanceof Error ? error.name : "";
  if (name === "TimeoutError") {
    return new ServerError("timeout", "the server did not answer in time", { cause: error });
  }
  const code = networkCode(error);
  const message =
    code === "ECONNREFUSED"
      ? "nothing listens there (connection refused)"
      : code === "ENOTFOUND" || code === "EAI_AGAIN"
        ? "the host name is unknown"
        : code === "ECONNRESET" || code === "UND_ERR_SOCKET"
          ? "the connection was cut"
          : code === undefined
            ? "the server cannot be reached"
            : `the server cannot be reached (${code})`;
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

/** What an HTTP status means. Undefined for success. */
export function reasonOfStatus(status: number): ServerErrorReason | undefined {
  if (status >= 200 && status < 300) return undefined;
  if (status === 401 || status === 403) return "unauthorized";
  if (status === 404) return "notFound";
  if (status === 405 || status === 501) return "unsupported";
  if (status === 408 || status === 504) return "timeout";
  if (status === 502 || status === 503) return "unreachable";
  return "rejected";
}

/** An error for an answer that is no success; undefined when it is one. HTML is the web page of an unknown route. */
export function errorOfResponse(response: Response): ServerError | undefined {
  const reason = reasonOfStatus(response.status);
  if (reason !== undefined) {
    return new ServerError(reason, describeStatus(reason, response.status), {
      status: response.status,
    });
  }
  if (isHTML(response)) {
    return new ServerError(
      "unsupported",
      "the server answered with a web page: it does not know this call",
      {
        status: response.status,
      },
    );
  }
  return undefined;
}

/** Whether an answer is a web page, which OpenCode gives with status 200 for every route it does not know. */
export function isHTML(response: Response): boolean {
  return response.headers.get("content-type")?.includes("text/html") === true;
}

export function describeStatus(reason: ServerErrorReason, status: number): string {
  switch (reason) {
    case "unauthorized":
      return "the server wants a password, or refused the one it was given";
    case "notFound":
      return "the server does not know it (404)";
    case "unsupported":
      return `the server cannot do this (${String(status)})`;
    default:
      return `the server refused (${String(status)})`;
  }
}

const LONGEST_MESSAGE = 200;

/** What a server says in the body of a refusal, `{message}` or `{data{message}}`; bounded. */
export function messageOfBody(body: unknown): string | undefined {
  const { data, message } = objectOf(body);
  return (stringOf(objectOf(data)["message"]) ?? stringOf(message))?.slice(0, LONGEST_MESSAGE);
}

/** Adds to an error what the server says of it. Empties the response. */
async function withServersWords(error: ServerError, response: Response): Promise<ServerError> {
  if (response.headers.get("content-type")?.includes("json") !== true) {
    await response.body?.cancel();
    return error;
  }
  let said: string | undefined;
  try {
    said = messageOfBody(await response.json());
  } catch {
    // A refusal without words is one all the same.
  }
  if (said === undefined || said === "") return error;
  return new ServerError(error.reason, `${error.message}: ${said}`, { status: response.status });
}

/**
 * As `fetch`, but a question (GET) whose connection was cut before an answer is asked once more: a kept or
 * spare connection does not survive a restart of the server, and nobody tells before it is used.
 */
export async function fetchAgain(
  input: string | URL | Request,
  init?: RequestInit,
): Promise<Response> {
  const again = input instanceof Request ? input.clone() : input;
  const method = input instanceof Request ? input.method : (init?.method ?? "GET");
  try {
    return await fetch(input, init);
  } catch (error) {
    const code = networkCode(error);
    if (method !== "GET" || (code !== "ECONNRESET" && code !== "UND_ERR_SOCKET")) throw error;
    return await fetch(again, init);
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
 * Asks a server and parses the JSON. Gives `undefined` as body for an empty answer. All failures are values.
 */
export async function requestJSON(
  access: ServerAccess,
  path: string,
  request: JSONRequest = {},
): Promise<Result<JSONAnswer>> {
  const timeoutMs = request.timeoutMs ?? REQUEST_TIMEOUT_MS;
  const signals: AbortSignal[] = [];
  if (request.signal !== undefined) signals.push(request.signal);
  if (timeoutMs > 0) signals.push(AbortSignal.timeout(timeoutMs));
  try {
    const response = await fetchAgain(`${access.url}${path}`, {
      method: request.method ?? "GET",
      headers: {
        accept: "application/json",
        ...authHeaders(access),
        ...(request.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      ...(signals.length === 0 ? {} : { signal: AbortSignal.any(signals) }),
    });
    const error = errorOfResponse(response);
    if (error !== undefined) return failed(await withServersWords(error, response));
    const text = await response.text();
    if (text === "")
      return ok({ body: undefined, headers: response.headers, status: response.status });
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch (cause) {
      return failed(
        new ServerError("invalidResponse", "the server's answer is not JSON", { cause }),
      );
    }
    return ok({ body, headers: response.headers, status: response.status });
  } catch (error) {
    return failed(toServerError(error, request.signal));
  }
}
