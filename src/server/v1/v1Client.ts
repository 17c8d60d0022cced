import { t } from "../../core/language.ts";
import { createOpencodeClient, type OpencodeClient } from "@opencode-ai/sdk/v2/client";
import { ServerError } from "../../core/errors.ts";
import { failed, ok, type Result } from "../../core/result.ts";
import { unlessAborted, withLimits } from "../../core/timeLimit.ts";
import {
  authHeaders,
  errorOfHead,
  fetchAgain,
  headOfResponse,
  REQUEST_TIMEOUT_MS,
  type ServerAccess,
  toServerError,
} from "../http.ts";

/** What the SDK returns for a call. */
interface SDKAnswer {
  readonly data?: unknown;
  readonly error?: unknown;
  readonly response?: Response | undefined;
}

type SDKCall = (
  sdk: OpencodeClient,
  options: { readonly signal: AbortSignal },
) => Promise<SDKAnswer>;

/** What ends the wait for an answer. */
export interface CallLimits {
  readonly signal?: AbortSignal | undefined;
  /** Undefined: `REQUEST_TIMEOUT_MS`; zero: none. */
  readonly timeoutMs?: number;
}

/** Calls OpenCode 1 through its SDK. All failures are values. */
export class V1Client {
  readonly access: ServerAccess;
  readonly #sdk: OpencodeClient;

  constructor(access: ServerAccess) {
    this.access = access;
    this.#sdk = createOpencodeClient({
      baseUrl: access.url,
      headers: authHeaders(access),
      fetch: async (input, init) => {
        const response = await fetchAgain(access, input, init);
        const error = errorOfHead(headOfResponse(response));
        // Other refusals are read by the SDK; their message goes into the error below.
        if (error === undefined || !response.ok) return response;
        await response.body?.cancel();
        throw error;
      },
    });
  }

  /**
   * Sends a request and reads the answer, which is unknown to `parse`: the SDK's types describe a different
   * version than the server's and aren't trusted. `parse` returns undefined for a shape it refuses.
   */
  async ask<T>(
    call: SDKCall,
    parse: (body: unknown, response: Response) => T | undefined,
    { signal, timeoutMs = REQUEST_TIMEOUT_MS }: CallLimits = {},
  ): Promise<Result<T>> {
    let answer: SDKAnswer;
    try {
      answer = await withLimits({ signals: [signal], timeoutMs }, (limited) =>
        unlessAborted(limited, call(this.#sdk, { signal: limited })),
      );
    } catch (error) {
      return failed(toServerError(error, signal));
    }
    const { response } = answer;
    if (response === undefined || (response.ok && answer.error !== undefined)) {
      return failed(toServerError(answer.error, signal));
    }
    const error = errorOfHead(headOfResponse(response), answer.error);
    if (error !== undefined) return failed(error);
    const value = parse(answer.data, response);
    return value === undefined
      ? failed(new ServerError("invalidResponse", t("the server's answer has an unknown format")))
      : ok(value);
  }

  /** Sends a command whose answer only says that it succeeded. */
  async send(call: SDKCall, limits?: CallLimits): Promise<Result<undefined>> {
    const answer = await this.ask(call, () => true, limits);
    return answer.ok ? ok(undefined) : answer;
  }
}

/** Parameters for a directory; an absent one means the server's own. */
export function inDirectory(directory: string | undefined): { directory?: string } {
  return directory === undefined || directory === "" ? {} : { directory };
}
