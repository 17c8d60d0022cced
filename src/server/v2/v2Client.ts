import { t } from "../../core/language.ts";
import { ServerError } from "../../core/errors.ts";
import { failed, ok, type Result } from "../../core/result.ts";
import { type JSONRequest, requestJSON, type ServerAccess } from "../http.ts";
import { type JSONObject, objectOf } from "../narrow.ts";
import { parseAll } from "../sharedShapes.ts";

/** Calls to `/api/*`, whose answers are wrapped in `{data, …}`. */
export class V2Client {
  readonly #access: ServerAccess;

  constructor(access: ServerAccess) {
    this.#access = access;
  }

  /** Sends a request and reads the answer's `data`; `parse` returns undefined for a shape it refuses. */
  async ask<T>(
    path: string,
    parse: (data: unknown, body: JSONObject) => T | undefined,
    request: JSONRequest = {},
  ): Promise<Result<T>> {
    const answer = await requestJSON(this.#access, path, request);
    if (!answer.ok) return answer;
    const body = objectOf(answer.value.body);
    const value = parse(body["data"], body);
    return value === undefined
      ? failed(new ServerError("invalidResponse", t("the server's answer has an unknown format")))
      : ok(value);
  }

  /** Requests a list; items that `parse` refuses are left out. */
  askList<T>(
    path: string,
    parse: (item: unknown) => T | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Result<readonly T[]>> {
    return this.ask(path, (data) => parseAll(data, parse), { signal });
  }

  /** Sends a command; the answer only says that it succeeded. */
  async send(path: string, request: JSONRequest): Promise<Result<undefined>> {
    const answer = await requestJSON(this.#access, path, { method: "POST", ...request });
    return answer.ok ? ok(undefined) : answer;
  }
}

/** The query that names a location, `?location[directory]=…`; empty for the server's own. */
export function atLocation(directory: string | undefined): string {
  return directory === undefined || directory === ""
    ? ""
    : `?${encodeURIComponent("location[directory]")}=${encodeURIComponent(directory)}`;
}

/** Path of a session's route. */
export function sessionPath(sessionID: string, rest = ""): string {
  return `/api/session/${encodeURIComponent(sessionID)}${rest}`;
}

/** The answer to anything this generation has no call for; menus don't offer it. */
export function cannot<T>(what: string): Promise<Result<T>> {
  return Promise.resolve(failed(new ServerError("unsupported", t`OpenCode 2 cannot ${what}`)));
}
