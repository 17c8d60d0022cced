import { open } from "node:fs/promises";
import { decodeFrame, FRAME_HEAD, framePayload } from "./frame.ts";
import { checksum } from "./checksum.ts";
import type { LedgerColumns } from "./ledgerColumns.ts";

/*
 * A ledger file is a head of 16 bytes and frames. The base is written whole and put in place by a rename, so
 * any defect in it is damage; it holds no message twice. Logs grow at their end: what a crash left there
 * unfinished was never promised to anybody and is passed over.
 */

export type LedgerFileKind = "base" | "log";

/** Bytes before the first frame. */
export const FILE_HEAD = 16;
const MAGIC = 0x4c434f;
const VERSION = 1;

/** The head of a new file. */
export function fileHead(kind: LedgerFileKind): Uint8Array {
  const head = new Uint8Array(FILE_HEAD);
  const words = new Int32Array(head.buffer);
  words[0] = MAGIC;
  words[1] = VERSION;
  words[2] = kind === "base" ? 1 : 0;
  words[3] = checksum(words, 0, 3);
  return head;
}

/** What a ledger file, or its end, holds. */
export interface LedgerFileContent {
  /** `unknown` when the file's head is damaged: its frames may still be good. */
  readonly kind: LedgerFileKind | "unknown";
  readonly frames: readonly LedgerColumns[];
  /** Where the last good frame ends: the place to read on from. */
  readonly end: number;
  /** Bytes in the file when it was read. */
  readonly bytes: number;
  /** Whether something that had been written whole is no longer so. */
  readonly isDamaged: boolean;
}

/**
 * Reads a file from a frame's beginning on (0 for all of it).
 * @throws when the file cannot be read; nothing about its content is an error.
 */
export async function readLedgerFile(path: string, from = 0): Promise<LedgerFileContent> {
  const file = await open(path, "r");
  let buffer: ArrayBuffer;
  let bytes: number;
  try {
    bytes = (await file.stat()).size;
    const wanted = Math.max(0, bytes - from);
    // Whole words, so that a torn end can be looked at like the rest.
    buffer = new ArrayBuffer((wanted + 7) & ~7);
    let read = 0;
    while (read < wanted) {
      const target = new Uint8Array(buffer, read, wanted - read);
      const { bytesRead } = await file.read(target, 0, target.length, from + read);
      if (bytesRead === 0) break;
      read += bytesRead;
    }
    bytes = from + read;
  } finally {
    await file.close();
  }
  return parseLedgerFile(buffer, bytes - from, from);
}

/** Reads the frames of a file's bytes that begin at `from` in the file. */
export function parseLedgerFile(buffer: ArrayBuffer, length: number, from = 0): LedgerFileContent {
  const words = new Int32Array(buffer);
  let kind: LedgerFileContent["kind"] = "log";
  let at = 0;
  let isDamaged = false;
  if (from === 0) {
    kind = kindOf(words, length);
    if (length < FILE_HEAD) {
      // A log whose first write was cut short.
      return { kind: "log", frames: [], end: 0, bytes: length, isDamaged: false };
    }
    isDamaged = kind === "unknown";
    at = FILE_HEAD;
  }
  const frames: LedgerColumns[] = [];
  let end = at;
  while (at + FRAME_HEAD <= length) {
    const payloadBytes = framePayload(words, at);
    const frame =
      payloadBytes === undefined || at + FRAME_HEAD + payloadBytes > length
        ? undefined
        : decodeFrame(buffer, at);
    if (frame !== undefined && payloadBytes !== undefined) {
      frames.push(frame.columns);
      // Something lay between the last good frame and this one, or within this one.
      if (at !== end || frame.isDamaged) isDamaged = true;
      at += FRAME_HEAD + payloadBytes;
      end = at;
    } else at += 8;
  }
  if (kind === "base" && end !== length) isDamaged = true;
  return { kind, frames, end: from + end, bytes: from + length, isDamaged };
}

function kindOf(words: Int32Array, length: number): LedgerFileContent["kind"] {
  if (
    length < FILE_HEAD ||
    words[0] !== MAGIC ||
    words[1] !== VERSION ||
    (words[3] ?? 0) >>> 0 !== checksum(words, 0, 3)
  ) {
    return "unknown";
  }
  return words[2] === 1 ? "base" : "log";
}
