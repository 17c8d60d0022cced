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

/** Text that is parsed at once, in characters: some 400 sessions, and less than ten milliseconds. */
const PIECE = 250_000;
/** Where one session ends and the next begins, as OpenCode writes them. A hint: see `cut`. */
const BETWEEN = '},{"id":';

/**
 * Reads a list of many megabytes, as that of all sessions is, and parses it while it comes: others in the process have
 * a turn between, and never is all of it in memory as text. Items that `parse` refuses are left out; undefined
 * when the answer is no list.
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
      // After an answer this changes nothing; without one it ends the waiting.
      fail(new ServerError("unreachable", t("the connection was cut")));
    };
    request.once("error", fail);
    request.once("close", () => {
      // Other runtimes than Node close a request when it has been sent.
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

/** A JSON list whose text comes bit by bit. */
class ListInPieces<T> {
  private readonly parse: (item: unknown) => T | undefined;
  private readonly found: T[] = [];
  /** What is not parsed yet; begins with the bracket of a list. */
  private rest = "";
  /** Length from which it is cut. */
  private cutFrom = PIECE;

  constructor(parse: (item: unknown) => T | undefined) {
    this.parse = parse;
  }

  add(text: string): void {
    this.rest += text;
    if (this.rest.length > this.cutFrom) this.cut();
  }

  finish(): Result<readonly T[] | undefined> {
    try {
      const last = parseAll(JSON.parse(this.rest), this.parse);
      return ok(last === undefined ? undefined : [...this.found, ...last]);
    } catch (cause) {
      const message = t("the server's answer is not JSON");
      return failed(new ServerError("invalidResponse", message, { cause }));
    }
  }

  /**
   * Parses what is there up to the end of an item. What looks like one may be part of a text or of an item; but then what
   * is left of it is not JSON, for a text or an item is open at its end.
   */
  private cut(): void {
    const end = this.rest.lastIndexOf(BETWEEN) + 1;
    let items: unknown;
    try {
      items = JSON.parse(`${this.rest.slice(0, end)}]`);
    } catch {
      // Twice as much the next time: all attempts together take no longer than a few parses of everything.
      this.cutFrom = 2 * this.rest.length;
      return;
    }
    for (const item of parseAll(items, this.parse) ?? []) this.found.push(item);
    this.rest = `[${this.rest.slice(end + 1)}`;
    this.cutFrom = PIECE;
  }
}
