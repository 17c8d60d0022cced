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

/** The value of the first such key after a place in a line; ids hold no escapes. */
export function peekString(
  text: string,
  key: string,
  from: number,
  end: number,
): string | undefined {
  const keyAt = text.indexOf(key, from);
  if (keyAt < 0 || keyAt >= end) return undefined;
  const valueAt = keyAt + key.length;
  const valueEnd = text.indexOf('"', valueAt);
  return valueEnd < 0 || valueEnd > end ? undefined : text.slice(valueAt, valueEnd);
}
