import { t } from "../core/language.ts";
import { StringDecoder } from "node:string_decoder";
import { ServerError } from "../core/errors.ts";
import { formatMegabytes, MAX_LINE_BYTES } from "../core/limits.ts";
import { isObject, type JSONObject } from "./narrow.ts";

/**
 * Cuts a byte stream into lines of text, joining lines and characters that were split between chunks. Throws
 * a `ServerError` for a line longer than `MAX_LINE_BYTES`.
 */
export class LineReader {
  readonly #decoder = new StringDecoder("utf8");
  /** Pieces of a line whose end hasn't arrived: a long line comes in many chunks and is joined once. */
  #rest: string[] = [];
  #restBytes = 0;

  /** The lines that this chunk completes, without empty ones. */
  push(chunk: Uint8Array): readonly string[] {
    const text = this.#decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    const end = text.lastIndexOf("\n");
    if (end < 0) {
      this.#rest.push(text);
      this.#restBytes += chunk.byteLength;
      if (this.#restBytes > MAX_LINE_BYTES) {
        const limit = formatMegabytes(MAX_LINE_BYTES);
        throw new ServerError("invalidResponse", t`the server sent an event longer than ${limit}`);
      }
      return [];
    }
    this.#rest.push(text.slice(0, end));
    const lines = this.#rest.join("").split("\n");
    this.#rest = [text.slice(end + 1)];
    this.#restBytes = text.length - end;
    return lines.filter((line) => line !== "" && line !== "\r");
  }
}

const DATA = "data:";

/**
 * The event in a line of server-sent events. Undefined for lines that carry none, such as comments, and for
 * data that isn't a JSON object: what it was meant to report comes with the next snapshot.
 */
export function parseEventLine(line: string): JSONObject | undefined {
  if (!line.startsWith(DATA)) return undefined;
  try {
    const event: unknown = JSON.parse(line.slice(DATA.length));
    return isObject(event) ? event : undefined;
  } catch {
    return undefined;
  }
}
