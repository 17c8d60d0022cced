import { get as getHTTP, type IncomingMessage } from "node:http";
import { get as getHTTPS } from "node:https";
import { ServerError } from "../core/errors.ts";
import { failed, ok, type Result } from "../core/result.ts";
import {
  authHeaders,
  describeStatus,
  reasonOfStatus,
  type ServerAccess,
  toServerError,
} from "./http.ts";

/**
 * Reads one JSON answer of many megabytes, as a list of all sessions is. As `requestJSON` without paging
 * headers, but by way of plain chunks: a fifth less work than the text of a `fetch` (measured on 6 MB).
 */
export function readLargeJSON(
  access: ServerAccess,
  path: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Result<unknown>> {
  return new Promise((resolve) => {
    const url = `${access.url}${path}`;
    const get = url.startsWith("https:") ? getHTTPS : getHTTP;
    const fail = (error: unknown): void => {
      resolve(failed(toServerError(error, signal)));
    };
    const request = get(url, {
      agent: false,
      headers: { accept: "application/json", ...authHeaders(access) },
      ...(signal === undefined ? {} : { signal }),
    });
    const timer = setTimeout(() => {
      request.destroy(new ServerError("timeout", "the server did not answer in time"));
    }, timeoutMs);
    let hasResponse = false;
    const end = (): void => {
      clearTimeout(timer);
      // After an answer this changes nothing; without one it ends the waiting.
      fail(new ServerError("unreachable", "the connection was cut"));
    };
    request.once("error", fail);
    request.once("close", () => {
      // Other runtimes than Node close a request when it has been sent.
      if (!hasResponse) end();
    });
    request.once("response", (response) => {
      hasResponse = true;
      response.once("close", end);
      const error = refusalOf(response);
      if (error !== undefined) {
        resolve(failed(error));
        request.destroy();
        return;
      }
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", fail);
      response.once("end", () => {
        resolve(parse(Buffer.concat(chunks)));
      });
    });
  });
}

function refusalOf(response: IncomingMessage): ServerError | undefined {
  const status = response.statusCode ?? 0;
  const reason = reasonOfStatus(status);
  if (reason !== undefined) {
    return new ServerError(reason, describeStatus(reason, status), { status });
  }
  if (response.headers["content-type"]?.includes("text/html") === true) {
    return new ServerError("unsupported", "the server answered with a web page", { status });
  }
  return undefined;
}

function parse(bytes: Buffer): Result<unknown> {
  try {
    return ok(JSON.parse(bytes.toString("utf8")) as unknown);
  } catch (cause) {
    return failed(new ServerError("invalidResponse", "the server's answer is not JSON", { cause }));
  }
}
