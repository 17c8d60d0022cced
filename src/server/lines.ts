/** A chunk of a stream, and the same as a string of one character a byte: an index into one fits the other. */
export interface ChunkView {
  readonly bytes: Buffer;
  readonly text: string;
}

/** Called with the chunk that holds a whole line, and the line's bounds in it, its end left out. */
export type LineHandler = (view: ChunkView, start: number, end: number) => void;

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/**
 * Cuts a byte stream into lines. A chunk becomes one Latin-1 string, which costs a copy and lets lines be
 * searched without decoding them; whoever needs a line's content decodes it with `utf8Of`.
 */
export class LineSplitter {
  /** Pieces of a line whose end has not come. */
  private rest: Buffer[] = [];
  private readonly handle: LineHandler;

  constructor(handle: LineHandler) {
    this.handle = handle;
  }

  push(chunk: Uint8Array): void {
    let bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (this.rest.length > 0) {
      // A long line comes in many chunks: they are joined once, when its end is there.
      this.rest.push(bytes);
      if (!bytes.includes(LINE_FEED)) return;
      bytes = Buffer.concat(this.rest);
      this.rest = [];
    }
    const text = bytes.toString("latin1");
    const view = { bytes, text };
    let start = 0;
    for (;;) {
      const feed = text.indexOf("\n", start);
      if (feed < 0) break;
      const end = feed > start && text.charCodeAt(feed - 1) === CARRIAGE_RETURN ? feed - 1 : feed;
      if (end > start) this.handle(view, start, end);
      start = feed + 1;
    }
    // Copied: the caller may reuse its chunk.
    if (start < bytes.length) this.rest.push(Buffer.from(bytes.subarray(start)));
  }
}

/** Decodes a piece of a chunk. */
export function utf8Of(view: ChunkView, start: number, end: number): string {
  return view.bytes.toString("utf8", start, end);
}

const QUOTE = 34;

/**
 * Where the first such key stands at or after `from` and before `end`, its opening quote left out; -1 when there is
 * none. A quote inside a JSON string is always escaped, so what is found is a key. `key` is given without its opening
 * quote: a letter is found several times faster than a quote, which stands everywhere.
 */
export function indexOfKey(text: string, key: string, from: number, end: number): number {
  let at = text.indexOf(key, from);
  while (at >= 0 && at < end && text.charCodeAt(at - 1) !== QUOTE) at = text.indexOf(key, at + 1);
  return at < end ? at : -1;
}

/**
 * The value of the first such key after a place in a line; ids hold no escapes. `key` is given without its opening
 * quote and with the value's. The result may keep the whole chunk alive: see `ownString`.
 */
export function peekString(
  text: string,
  key: string,
  from: number,
  end: number,
): string | undefined {
  const keyAt = indexOfKey(text, key, from, end);
  if (keyAt < 0) return undefined;
  const valueAt = keyAt + key.length;
  const valueEnd = text.indexOf('"', valueAt);
  return valueEnd < 0 || valueEnd > end ? undefined : text.slice(valueAt, valueEnd);
}

/** The same text in memory of its own: a piece cut from a chunk's text holds the chunk (V8's sliced strings). */
export function ownString(text: string): string {
  return Buffer.from(text, "utf8").toString("utf8");
}
