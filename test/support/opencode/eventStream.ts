import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isRecord, stringOf } from "../json.ts";

export interface EventStreamOptions {
  /** At least this many events; default 200,000. */
  readonly events?: number;
  /** Sessions the events are spread over; even, because the recording has a parent and its child. Default 40. */
  readonly sessions?: number;
}

/** The bytes of a `/global/event` answer and their contents. */
export interface EventStream {
  /** As sent by the server: mostly whole frames, a few per chunk, none above 64 KiB. */
  readonly chunks: readonly Uint8Array[];
  readonly bytes: number;
  readonly events: number;
  /** By payload type; `sync` counts the twins of durable events. */
  readonly eventsByType: ReadonlyMap<string, number>;
  readonly sessionIDs: readonly string[];
}

/** A recorded frame, split at the parts that differ between copies: identifiers and times. */
interface Frame {
  readonly type: string;
  readonly pieces: readonly Piece[];
}

type Piece =
  | { readonly kind: "text"; readonly text: string }
  | {
      readonly kind: "id";
      readonly prefix: string;
      readonly isSession: boolean;
      readonly index: number;
    }
  | { readonly kind: "time"; readonly ms: number };

const recording = new URL("../../fixtures/opencode-1.18.33-events-global.jsonl", import.meta.url);
/** Frames per chunk, cycled through: as seen on the real server under load. */
const framesPerChunk = [1, 1, 2, 1, 4, 1, 2, 12];
const maxChunkBytes = 65_536;

/**
 * Repeats the recorded scenario (prompt, permission, child session, compaction) until there are enough
 * events, over many concurrent pairs of sessions. Each copy has its own ids and later times. A session is
 * created once and kept (the recorded deletion is left out). Equal options give equal bytes.
 */
export function buildEventStream(options: EventStreamOptions = {}): EventStream {
  const wanted = options.events ?? 200_000;
  const pairs = (options.sessions ?? 40) / 2;
  const { once, first, again, durationMs } = readRecording();
  const writer = chunkWriter();
  const cursors = Array.from({ length: pairs }, () => ({ round: 0, at: 0 }));
  for (const frame of once) writer.write(frame.type, textOf(frame, 0, 0, 0));
  let state = 1;
  while (writer.events() < wanted || cursors.some(({ round }) => round === 0)) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const pair = (state >>> 8) % pairs;
    const cursor = cursors[pair];
    if (cursor === undefined) continue;
    // Sessions alternate in bursts, as when their models stream.
    for (let burst = 1 + ((state >>> 24) % 8); burst > 0; burst--) {
      const frames = cursor.round === 0 ? first : again;
      const frame = frames[cursor.at++];
      if (frame === undefined) {
        cursor.round++;
        cursor.at = 0;
        break;
      }
      writer.write(frame.type, textOf(frame, pair, cursor.round, cursor.round * durationMs));
    }
  }
  return { ...writer.finish(), sessionIDs: sessionIDsOf(first, pairs) };
}

function readRecording(): {
  /** Frames without a session: the greeting. */
  readonly once: readonly Frame[];
  readonly first: readonly Frame[];
  readonly again: readonly Frame[];
  readonly durationMs: number;
} {
  const ids = new Map<string, number>();
  const once: Frame[] = [];
  const first: Frame[] = [];
  const again: Frame[] = [];
  const times: number[] = [];
  for (const line of readFileSync(fileURLToPath(recording), "utf8").trimEnd().split("\n")) {
    const event: unknown = JSON.parse(line);
    if (!isRecord(event) || !isRecord(event["payload"])) continue;
    const { t, ...wire } = event;
    if (typeof t === "number") times.push(t);
    const { type, syncEvent } = event["payload"];
    const kind = stringOf(type);
    const durable = isRecord(syncEvent) ? stringOf(syncEvent["type"]) : kind;
    if (durable.startsWith("session.deleted")) continue;
    const frame = { type: kind, pieces: cut(`data: ${JSON.stringify(wire)}\n\n`, ids) };
    if (kind === "server.connected") once.push(frame);
    else first.push(frame);
    // An instance boots only once, and a session is created only once.
    const isOnlyFirst = kind === "plugin.added" || durable.startsWith("session.created");
    if (kind !== "server.connected" && !isOnlyFirst) again.push(frame);
  }
  return { once, first, again, durationMs: Math.max(...times) - Math.min(...times) };
}

function cut(text: string, ids: Map<string, number>): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(
    /\b(ses|msg|prt|evt|per|call)_[A-Za-z0-9]{14,}|\b17952\d{8}\b/g,
  )) {
    pieces.push({ kind: "text", text: text.slice(end, match.index) });
    end = match.index + match[0].length;
    const prefix = match[1];
    if (prefix === undefined) pieces.push({ kind: "time", ms: Number(match[0]) });
    else {
      const index = ids.get(match[0]) ?? ids.size;
      ids.set(match[0], index);
      const isSession = prefix === "ses";
      pieces.push({ kind: "id", prefix: match[0].slice(0, -8), isSession, index });
    }
  }
  pieces.push({ kind: "text", text: text.slice(end) });
  return pieces;
}

function textOf(frame: Frame, pair: number, round: number, offsetMs: number): string {
  let text = "";
  for (const piece of frame.pieces) {
    if (piece.kind === "text") text += piece.text;
    else if (piece.kind === "time") text += String(piece.ms + offsetMs);
    else text += idOf(piece, pair, round);
  }
  return text;
}

/** The recorded id with its last eight characters replaced, per pair (sessions) or pair and round (others). */
function idOf(piece: Piece & { kind: "id" }, pair: number, round: number): string {
  const copy = piece.isSession ? pair : pair * 100_000 + round + 1;
  return (
    piece.prefix + copy.toString(36).padStart(5, "0") + piece.index.toString(36).padStart(3, "0")
  );
}

function sessionIDsOf(frames: readonly Frame[], pairs: number): string[] {
  const pieces = new Map<number, Piece & { kind: "id" }>();
  for (const frame of frames) {
    for (const piece of frame.pieces) {
      if (piece.kind === "id" && piece.isSession) pieces.set(piece.index, piece);
    }
  }
  const ids: string[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    for (const piece of pieces.values()) ids.push(idOf(piece, pair, 0));
  }
  return ids;
}

function chunkWriter(): {
  write(type: string, frame: string): void;
  events(): number;
  finish(): Omit<EventStream, "sessionIDs">;
} {
  const chunks: Uint8Array[] = [];
  const eventsByType = new Map<string, number>();
  let events = 0;
  let bytes = 0;
  let open = "";
  let framesLeft = framesPerChunk[0] ?? 1;
  const flush = (): void => {
    const encoded = Buffer.from(open);
    for (let at = 0; at < encoded.length; at += maxChunkBytes) {
      chunks.push(encoded.subarray(at, at + maxChunkBytes));
    }
    bytes += encoded.length;
    open = "";
    framesLeft = framesPerChunk[chunks.length % framesPerChunk.length] ?? 1;
  };
  return {
    write: (type, frame) => {
      open += frame;
      events++;
      eventsByType.set(type, (eventsByType.get(type) ?? 0) + 1);
      if (--framesLeft === 0) flush();
    },
    events: () => events,
    finish: () => {
      flush();
      return { chunks, bytes, events, eventsByType };
    },
  };
}
