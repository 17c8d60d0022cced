import { createOpencodeClient, type OpencodeClient } from "@opencode-ai/sdk/v2/client";
import { ServerError } from "../../core/errors.ts";
import { failed, ok, type Result } from "../../core/result.ts";
import {
  authHeaders,
  describeStatus,
  errorOfResponse,
  fetchAgain,
  isHTML,
  messageOfBody,
  reasonOfStatus,
  REQUEST_TIMEOUT_MS,
  type ServerAccess,
  toServerError,
} from "../http.ts";

/** The SDK's client for one server. Web pages, which unknown routes answer with status 200, become errors. */
export function createClient(access: ServerAccess): OpencodeClient {
  return createOpencodeClient({
    baseUrl: access.url,
    headers: authHeaders(access),
    fetch: async (input, init) => {
      const response = await fetchAgain(input, init);
      if (!isHTML(response)) return response;
      await response.body?.cancel();
      throw errorOfResponse(response) ?? new ServerError("unsupported", "unknown call");
    },
  });
}

/** What the SDK gives back for a call. */
interface SDKAnswer {
  readonly data?: unknown;
  readonly error?: unknown;
  readonly response?: Response | undefined;
}

/** Options of one call: a signal that also ends it after a time. Zero means no time limit. */
export function callOptions(
  signal: AbortSignal | undefined,
  timeoutMs: number = REQUEST_TIMEOUT_MS,
): { signal?: AbortSignal } {
  const signals: AbortSignal[] = [];
  if (signal !== undefined) signals.push(signal);
  if (timeoutMs > 0) signals.push(AbortSignal.timeout(timeoutMs));
  return signals.length === 0 ? {} : { signal: AbortSignal.any(signals) };
}

/**
 * Makes a result of an SDK call. The answer is read from `unknown` by `parse`; the SDK's types describe
 * another version than the server's and are not trusted. `parse` gives undefined for a shape it refuses.
 */
export async function call<T>(
  answer: Promise<SDKAnswer>,
  parse: (body: unknown, response: Response | undefined) => T | undefined,
  signal?: AbortSignal,
): Promise<Result<T>> {
  let settled: SDKAnswer;
  try {
    settled = await answer;
  } catch (error) {
    return failed(toServerError(error, signal));
  }
  const { response } = settled;
  if (response === undefined || (response.ok && settled.error !== undefined)) {
    return failed(toServerError(settled.error, signal));
  }
  const reason = reasonOfStatus(response.status);
  if (reason !== undefined) {
    const said = messageOfBody(settled.error);
    const message = describeStatus(reason, response.status);
    return failed(
      new ServerError(reason, said === undefined ? message : `${message}: ${said}`, {
        status: response.status,
      }),
    );
  }
  const value = parse(settled.data, response);
  return value === undefined
    ? failed(new ServerError("invalidResponse", "the server's answer has an unknown shape"))
    : ok(value);
}

/** Reads success out of a call whose answer says nothing more. */
export async function callForNothing(
  answer: Promise<SDKAnswer>,
  signal?: AbortSignal,
): Promise<Result<undefined>> {
  const result = await call(answer, () => true, signal);
  return result.ok ? ok(undefined) : result;
}
