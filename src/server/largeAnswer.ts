import { get as getHTTP } from "node:http";
import { get as getHTTPS } from "node:https";
import { ServerError } from "../core/errors.ts";
import { t } from "../core/language.ts";
import { MAX_BODY_BYTES } from "../core/limits.ts";
import { failed, ok, type Result } from "../core/result.ts";
import {
  authHeaders,
  bodyTooLong,
  errorOfHead,
  headOfMessage,
  requestJSON,
  type ServerAccess,
  toServerError,
} from "./http.ts";
import { parseAll } from "./sharedShapes.ts";

/** Length of text to parse at once, in characters: about 400 sessions, and less than ten milliseconds. */
const PIECE = 250_000;
/** Where one session ends and the next begins, as OpenCode writes them. A hint: see `cut`. */
const BETWEEN = '},{"id":';

/**
 * Reads a list of many megabytes, such as all sessions, and parses it as it arrives: other work in the
 * process gets a turn in between, and the whole text is never in memory at once. Leaves out items that
 * `parse` refuses; resolves with undefined if the answer isn't a list.
 */
export function readLargeList<T>(
  access: ServerAccess,
  path: string,
  parse: (item: unknown) => T | undefined,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Result<readonly T[] | undefined>> {
  if (access.fetch !== undefined) {
    return requestJSON(access, path, { timeoutMs, signal }).then((answer) =>
      answer.ok ? ok(parseAll(answer.value.body, parse)) : answer,
    );
  }
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
      request.destroy(new ServerError("timeout", t("the server did not answer in time")));
    }, timeoutMs);
    let hasResponse = false;
    const end = (): void => {
      clearTimeout(timer);
      // After an answer this changes nothing; without one it ends the wait.
      fail(new ServerError("unreachable", t("the connection was interrupted")));
    };
    request.once("error", fail);
    request.once("close", () => {
      // Runtimes other than Node close a request as soon as it has been sent.
      if (!hasResponse) end();
    });
    request.once("response", (response) => {
      hasResponse = true;
      response.once("close", end);
      const error = errorOfHead(headOfMessage(response));
      if (error !== undefined) {
        resolve(failed(error));
        request.destroy();
        return;
      }
      const list = new ListInPieces(parse);
      const decoder = new TextDecoder();
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= MAX_BODY_BYTES) list.add(decoder.decode(chunk, { stream: true }));
        else request.destroy(bodyTooLong(response.statusCode ?? 0));
      });
      response.once("error", fail);
      response.once("end", () => {
        list.add(decoder.decode());
        resolve(list.finish());
      });
    });
  });
}

/** A JSON list whose text arrives in pieces. */
class ListInPieces<T> {
  readonly #parse: (item: unknown) => T | undefined;
  readonly #found: T[] = [];
  /** Text not parsed yet; begins with the list's opening bracket. */
  #rest = "";
  /** Length from which a cut is attempted. */
  #cutFrom = PIECE;

  constructor(parse: (item: unknown) => T | undefined) {
    this.#parse = parse;
  }

  add(text: string): void {
    this.#rest += text;
    if (this.#rest.length > this.#cutFrom) this.#cut();
  }

  finish(): Result<readonly T[] | undefined> {
    try {
      const last = parseAll(JSON.parse(this.#rest), this.#parse);
      return ok(last === undefined ? undefined : [...this.#found, ...last]);
    } catch (cause) {
      const message = t("the server's answer is not JSON");
      return failed(new ServerError("invalidResponse", message, { cause }));
    }
  }

  /**
   * Parses what has arrived, up to the end of an item. What looks like such an end may be inside a string or
   * an item; but then the text before it isn't valid JSON, because a string or an item is still open.
   */
  #cut(): void {
    const end = this.#rest.lastIndexOf(BETWEEN) + 1;
    let items: unknown;
    try {
      items = JSON.parse(`${this.#rest.slice(0, end)}]`);
    } catch {
      // Twice as much next time: all attempts together take no longer than a few parses of everything.
      this.#cutFrom = 2 * this.#rest.length;
      return;
    }
    for (const item of parseAll(items, this.#parse) ?? []) this.#found.push(item);
    this.#rest = `[${this.#rest.slice(end + 1)}`;
    this.#cutFrom = PIECE;
  }
}
