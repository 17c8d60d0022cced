import { t } from "../core/language.ts";
import { StringDecoder } from "node:string_decoder";
import { ServerError } from "../core/errors.ts";
import { MAX_LINE_BYTES } from "../core/limits.ts";
import { formatMegabytes } from "./http.ts";
import { isObject, type JSONObject } from "./narrow.ts";

/**
 * Cuts a byte stream into lines of text. What is cut between two chunks, be it a character, is joined. Throws a
 * `ServerError` for a line past `MAX_LINE_BYTES`.
 */
export class LineReader {
  private readonly decoder = new StringDecoder("utf8");
  /** Pieces of a line whose end has not come: a long line comes in many chunks and is joined once. */
  private rest: string[] = [];
  private restBytes = 0;

  /** The lines that this chunk ends; empty ones are left out. */
  push(chunk: Uint8Array): readonly string[] {
    const text = this.decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    const end = text.lastIndexOf("\n");
    if (end < 0) {
      this.rest.push(text);
      this.restBytes += chunk.byteLength;
      if (this.restBytes > MAX_LINE_BYTES) {
        const limit = formatMegabytes(MAX_LINE_BYTES);
        throw new ServerError("invalidResponse", t`the server sent an event longer than ${limit}`);
      }
      return [];
    }
    this.rest.push(text.slice(0, end));
    const lines = this.rest.join("").split("\n");
    this.rest = [text.slice(end + 1)];
    this.restBytes = text.length - end;
    return lines.filter((line) => line !== "" && line !== "\r");
  }
}

const DATA = "data:";

/**
 * The event of a line of server-sent events. Undefined for lines that carry none, as comments, and for what is no
 * JSON object: what it meant to say comes with the next snapshot.
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
