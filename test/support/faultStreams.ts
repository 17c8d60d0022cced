import { Transform } from "node:stream";
import type { Random } from "./random.ts";

/*
 * What can happen to the bytes of an answer or event stream in transit. Each function creates a transform
 * for the proxy's `through` fault.
 */

/** Passes the given number of bytes, then cuts the connection, wherever that falls. */
export function cutAfter(bytes: number): Transform {
  let left = bytes;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (chunk.length <= left) {
        left -= chunk.length;
        done(null, chunk);
        return;
      }
      this.push(chunk.subarray(0, left));
      // Let the bytes before the cut arrive first.
      setTimeout(() => {
        done(new Error("cut"));
      }, 20);
    },
  });
}

/** Cuts the connection inside the first multi-byte character after `from` bytes. */
export function cutInCharacter(from: number): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const at = chunk.findIndex((byte, index) => seen + index >= from && byte >= 0xc0);
      seen += chunk.length;
      if (at < 0) {
        done(null, chunk);
        return;
      }
      this.push(chunk.subarray(0, at + 1));
      setTimeout(() => {
        done(new Error("cut"));
      }, 20);
    },
  });
}

/** Passes chunks of 1 to 7 bytes, so that lines and characters are split everywhere. */
export function inCrumbs(random: Random): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (let at = 0; at < chunk.length;) {
        const end = at + 1 + Math.floor(random() * 7);
        this.push(chunk.subarray(at, end));
        at = end;
      }
      done();
    },
  });
}

/** Passes `bytesPerTick` bytes every `tickMs`; late ticks of a busy machine are made up for. */
export function drip(bytesPerTick: number, tickMs: number): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const startedMs = performance.now();
      let at = 0;
      const next = (): void => {
        const due = (Math.floor((performance.now() - startedMs) / tickMs) + 1) * bytesPerTick;
        for (; at < Math.min(due, chunk.length); at += bytesPerTick) {
          this.push(chunk.subarray(at, at + bytesPerTick));
        }
        if (at >= chunk.length || this.destroyed) done();
        else setTimeout(next, tickMs);
      };
      next();
    },
  });
}

/** Rewrites an entire answer. Only for small ones. */
export function rewrite(change: (text: string) => string): Transform {
  const chunks: Buffer[] = [];
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
    flush(done) {
      done(null, change(Buffer.concat(chunks).toString("utf8")));
    },
  });
}

/**
 * Passes every event frame, including its blank line, to `change` and forwards the result; null ends the
 * stream.
 */
export function framesThrough(change: (frame: string) => readonly (string | null)[]): Transform {
  let rest = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      rest = Buffer.concat([rest, chunk]);
      const end = rest.lastIndexOf("\n\n");
      if (end < 0) {
        done();
        return;
      }
      const whole = rest.subarray(0, end + 2).toString("utf8");
      rest = rest.subarray(end + 2);
      for (const frame of whole.split("\n\n").slice(0, -1)) {
        for (const changed of change(`${frame}\n\n`)) this.push(changed);
      }
      done();
    },
  });
}

/** Sends only comments: a stream that looks alive, but from which every event is missing. */
export function commentsOnly(): Transform {
  return framesThrough(() => [": heartbeat\n\n"]);
}

/** Passes the given number of events and then ends the stream properly, as servers do to slow readers. */
export function endAfter(events: number): Transform {
  let left = events;
  return framesThrough((frame) => {
    left--;
    if (left < 0) return [];
    return left === 0 ? [frame, null] : [frame];
  });
}

/** Sends every event twice. */
export function doubled(): Transform {
  return framesThrough((frame) => [frame, frame]);
}

/**
 * Reorders events of different sessions within `windowMs`. Events of one session keep their order, and so do
 * those without a session.
 */
export function reordered(random: Random, windowMs = 40): Transform {
  const queues = new Map<string, string[]>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const drain = (): string[] => {
    const passed: string[] = [];
    while (queues.size > 0) {
      const keys = [...queues.keys()];
      const key = keys[Math.floor(random() * keys.length)] ?? "";
      const frame = queues.get(key)?.shift();
      if (frame === undefined) queues.delete(key);
      else passed.push(frame);
    }
    return passed;
  };
  const transform = framesThrough((frame) => {
    const key = /"(?:sessionID|id)":"(ses_[^"]+)"/.exec(frame)?.[1] ?? "";
    queues.set(key, [...(queues.get(key) ?? []), frame]);
    timer ??= setTimeout(() => {
      timer = undefined;
      for (const held of drain()) if (!transform.destroyed) transform.push(held);
    }, windowMs);
    return [];
  });
  return transform;
}

/** Inserts lines between events that no server would send. */
export function withGarbage(random: Random, lines: readonly string[] = GARBAGE): Transform {
  return framesThrough((frame) =>
    random() < 0.5 ? [frame] : [lines[Math.floor(random() * lines.length)] ?? "", frame],
  );
}

const DEEP = 2_000;

/** Frames that aren't events, each with its blank line. */
export const GARBAGE: readonly string[] = [
  "data: {not json\n\n",
  "data: null\n\n",
  "data: 5\n\n",
  "data: []\n\n",
  'data: "text"\n\n',
  "data:\n\n",
  ":\n\n",
  "event: unknown\nid: 7\nretry: 1\n\n",
  "\u0000\u0001\u0002\u0003\n\n",
  'data: {"payload":null}\n\n',
  'data: {"payload":{"type":"session.updated","properties":null}}\n\n',
  'data: {"payload":{"type":"session.updated","properties":{"info":{"id":5}}}}\n\n',
  'data: {"payload":{"type":"session.status","properties":{"sessionID":{},"status":"busy"}}}\n\n',
  'data: {"payload":{"type":"message.part.updated","properties":{"part":[]}}}\n\n',
  'data: {"directory":{},"payload":{"type":"permission.asked","properties":{"id":[]}}}\n\n',
  'data: {"payload":{"type":"no.such.event","properties":{"sessionID":"ses_none"}}}\n\n',
  'data: {"type":"session.created","data":null}\n\n',
  'data: {"type":"session.renamed","data":{"sessionID":5,"title":{}}}\n\n',
  'data: {"type":"session.usage.updated","data":{"sessionID":"ses_none","cost":"much","tokens":[]}}\n\n',
  'data: {"type":"session.step.started","durable":{"seq":"first"},"data":{"sessionID":{}}}\n\n',
  'data: {"type":"permission.asked","data":{"id":[],"sessionID":"ses_none"}}\n\n',
  `data: ${"[".repeat(DEEP)}${"]".repeat(DEEP)}\n\n`,
  `data: {"payload":{"type":"session.updated","properties":{"info":${'{"a":'.repeat(DEEP)}1${"}".repeat(DEEP)}}}}\n\n`,
];
